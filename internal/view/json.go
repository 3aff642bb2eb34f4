// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"workstream.dev/operator/internal/rule"
)

// What agents are told is written some ten times for each conversation, so that it is not left to reflection: the same bytes
// as encoding/json would write for the fields and tags of the types, in a fifth of the time. Whatever is rare or needs an
// escape is left to encoding/json all the same.

// MarshalJSON writes item as an object where the event is about the whole item, as its id otherwise.
func (e StreamEvent) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil, e.Experience) }

// AppendJSON appends the event, with what the agent is shown with it; nil is nothing.
func (e *StreamEvent) AppendJSON(to []byte, shown *ExperienceView) ([]byte, error) {
	o := beginObject(to)
	o.number("seq", e.Seq)
	o.time("at", e.At)
	o.text("type", string(e.Type))
	o.textIf("offer", e.Offer)
	o.timeIf("expires", e.Expires)
	o.textIf("outcome", e.Outcome)
	o.textIf("how", string(e.How))
	o.textIf("via", string(e.Via))
	o.textIf("from", e.From)
	o.textIf("to", e.To)
	if e.Consult != nil {
		o.any("consult", e.Consult)
	}
	o.textIf("reason", string(e.Reason))
	if e.Message != nil {
		o.open("message")
		e.Message.write(&o)
		o.close()
	}
	o.textIf("presence", string(e.Presence))
	o.textIf("presenceName", e.PresenceName)
	o.textIf("cause", string(e.Cause))
	if e.Used != nil {
		o.integer("used", int64(*e.Used))
	}
	if e.Free != nil {
		o.integer("free", int64(*e.Free))
	}
	if len(e.Profiles) > 0 {
		o.any("profiles", e.Profiles)
	}
	if shown != nil {
		o.any("experience", shown)
	}
	if e.Item != nil {
		o.open("item")
		e.Item.write(&o)
		o.close()
	} else {
		o.textIf("item", e.ItemID)
	}
	return o.end()
}

func (m *MessageView) write(o *object) {
	o.number("position", m.Position)
	o.text("id", m.ID)
	o.text("from", string(m.From))
	o.textIf("agent", m.Agent)
	o.text("text", m.Text)
	o.time("at", m.At)
	if m.Internal {
		o.flag("internal", true)
	}
	o.textIf("delivery", string(m.Delivery))
	o.textIf("failure", m.Failure)
}

func (it *ItemView) write(o *object) {
	o.text("id", it.ID)
	o.text("type", string(it.Type))
	o.text("state", string(it.State))
	o.text("reason", string(it.Reason))
	o.text("workstream", it.Workstream)
	o.textIf("revision", it.Revision)
	o.textIf("channel", it.Channel)
	o.textIf("conversation", it.Conversation)
	o.textIf("record", it.Record)
	if c := it.Customer; c.ID != "" || c.Name != "" {
		o.open("customer")
		o.textIf("id", c.ID)
		o.textIf("name", c.Name)
		o.close()
	}
	o.textIf("queue", it.Queue)
	o.textIf("agent", it.Agent)
	if it.Offer != nil {
		o.open("offer")
		it.Offer.write(o)
		o.close()
	}
	if it.Transfer != nil {
		o.open("transfer")
		it.Transfer.write(o)
		o.close()
	}
	if len(it.Consults) > 0 {
		o.any("consults", it.Consults)
	}
	if len(it.Attributes) > 0 {
		o.open("attributes")
		writeAttributes(o, it.Attributes)
		o.close()
	}
	o.integer("priority", int64(it.Priority))
	if it.Promoted {
		o.flag("promoted", true)
	}
	if len(it.Skills) > 0 {
		o.any("skills", it.Skills)
	}
	o.integer("units", int64(it.Units))
	if len(it.Profiles) > 0 {
		o.any("profiles", it.Profiles)
	}
	o.textIf("waitsFor", it.WaitsFor)
	o.time("openedAt", it.OpenedAt)
	o.timeIf("queuedAt", it.QueuedAt)
	o.timeIf("enteredAt", it.EnteredAt)
	o.timeIf("customerGoneUntil", it.CustomerGoneUntil)
	o.time("changedAt", it.ChangedAt)
	o.timeIf("closedAt", it.ClosedAt)
}

func (v *OfferView) write(o *object) {
	o.text("id", v.ID)
	o.text("item", v.Item)
	o.text("agent", v.Agent)
	o.text("queue", v.Queue)
	o.integer("units", int64(v.Units))
	if len(v.Profiles) > 0 {
		o.any("profiles", v.Profiles)
	}
	o.textIf("via", string(v.Via))
	o.textIf("from", v.From)
	o.time("madeAt", v.MadeAt)
	o.time("expires", v.Expires)
}

func writeAttributes(o *object, attributes rule.Attributes) {
	var few [16]string
	names := slices.AppendSeq(few[:0], maps.Keys(attributes))
	slices.Sort(names)
	for _, name := range names {
		o.comma()
		o.string(name)
		o.b = append(o.b, ':')
		if v := attributes[name]; v.Kind() == rule.Text {
			o.string(v.String())
		} else {
			o.value(v)
		}
	}
}

// object is a JSON object that is being written. After an error nothing counts.
type object struct {
	b   []byte
	err error
}

func beginObject(to []byte) object { return object{b: append(to, '{')} }

func (o *object) end() ([]byte, error) { return append(o.b, '}'), o.err }

// name begins a member of ours, whose name needs no escape.
func (o *object) name(name string) {
	o.comma()
	o.b = append(append(append(o.b, '"'), name...), `":`...)
}

func (o *object) comma() {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
}

func (o *object) string(s string) {
	if !isPlain(s) {
		o.value(s)
		return
	}
	o.b = append(append(append(o.b, '"'), s...), '"')
}

// isPlain reports whether JSON writes a text as it is: nothing in it is escaped, not even for HTML and JavaScript.
func isPlain(s string) bool {
	all := byte(0)
	for i := range len(s) {
		all |= kindsOfByte[s[i]]
	}
	return all == 0 || all == notASCII && utf8.ValidString(s) && !strings.ContainsAny(s, "\u2028\u2029")
}

// What a byte of a text may be, beside plain.
const (
	notASCII = 1 << iota
	escapedByte
)

var kindsOfByte = func() (t [256]byte) {
	for c := range t {
		switch {
		case c < ' ' || strings.ContainsRune(`"\<>&`, rune(c)):
			t[c] = escapedByte
		case c >= utf8.RuneSelf:
			t[c] = notASCII
		}
	}
	return t
}()

func (o *object) value(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		o.err = err
	}
	o.b = append(o.b, body...)
}

func (o *object) any(name string, v any) {
	o.name(name)
	o.value(v)
}

// open begins an object as a member; close ends it.
func (o *object) open(name string) {
	o.name(name)
	o.b = append(o.b, '{')
}

func (o *object) close() { o.b = append(o.b, '}') }

func (o *object) text(name, v string) {
	o.name(name)
	o.string(v)
}

func (o *object) textIf(name, v string) {
	if v != "" {
		o.text(name, v)
	}
}

func (o *object) number(name string, v uint64) {
	o.name(name)
	o.b = strconv.AppendUint(o.b, v, 10)
}

func (o *object) integer(name string, v int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, v, 10)
}

func (o *object) flag(name string, v bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, v)
}

func (o *object) time(name string, t time.Time) {
	o.name(name)
	if y := t.Year(); y < 0 || y > 9999 {
		o.value(t) // an error
		return
	}
	o.b = append(t.AppendFormat(append(o.b, '"'), time.RFC3339Nano), '"')
}

func (o *object) timeIf(name string, t time.Time) {
	if !t.IsZero() {
		o.time(name, t)
	}
}
