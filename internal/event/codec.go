// SPDX-License-Identifier: Apache-2.0

package event

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"workstream.dev/operator/internal/compact"
	"workstream.dev/operator/internal/rule"
)

// codecVersion begins an entry. A kind of event never changes what it means: a new meaning is a new kind, and a field may
// only be added behind the others.
const codecVersion = 2

// kind is how events of one kind are written.
type kind struct {
	name   string
	of     reflect.Type
	format *compact.Format
}

// Formats knows how the types of events, commands and deliveries are written.
var Formats = compact.New(compact.Custom{Type: reflect.TypeFor[rule.Attributes](), Write: writeAttributes, Read: readAttributes})

// kinds are all events by the name under which they are written.
var kinds = formatsOf(
	PlanActivated{},
	IntakeTaken{},
	IntakesForgotten{},
	ItemOpened{},
	ItemUpdated{},
	MessageReceived{},
	MessageSent{},
	DeliveryDone{},
	DeliveryGivenUp{},
	ItemRouted{},
	ItemClassified{},
	ItemOverflowed{},
	ItemPromoted{},
	CustomerDisconnected{},
	CustomerReconnected{},
	ConsultRequested{},
	ConsultJoined{},
	ConsultEnded{},
	SlotsReset{},
	ItemQueued{},
	AssignmentDeferred{},
	OfferMade{},
	OfferClosed{},
	ItemAssigned{},
	ItemReleased{},
	ItemParked{},
	ItemResumed{},
	WrapUpStarted{},
	WrapUpReleased{},
	ItemClosed{},
	AgentConnected{},
	AgentDisconnected{},
	AgentForgotten{},
	PresenceChanged{},
)

// kindOf has the kinds by their types.
var kindOf = func() map[reflect.Type]*kind {
	m := make(map[reflect.Type]*kind, len(kinds))
	for _, k := range kinds {
		m[k.of] = k
	}
	return m
}()

func formatsOf(events ...Event) map[string]*kind {
	m := make(map[string]*kind, len(events))
	for _, ev := range events {
		t := reflect.TypeOf(ev)
		m[t.Name()] = &kind{name: t.Name(), of: t, format: Formats.Of(t)}
	}
	return m
}

// Kinds returns the names of all kinds of events, sorted.
func Kinds() []string {
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// KindOf returns the name of ev's kind.
func KindOf(ev Event) string { return reflect.TypeOf(ev).Name() }

// Encode returns the bytes of one journal entry: all its events became durable together.
func Encode(events []Recorded) ([]byte, error) { return new(Encoder).Encode(events) }

// Encoder encodes one entry after the other in the same memory.
type Encoder struct{ w *compact.Writer }

// usualEntry is the size of an entry up to which its memory is kept for the next.
const usualEntry = 256 << 10

// Encode is the function of that name. What it returns is valid until it is called again.
func (e *Encoder) Encode(events []Recorded) ([]byte, error) {
	if e.w == nil || cap(e.w.Buf) > usualEntry {
		e.w = compact.NewWriter(make([]byte, 0, 64+128*len(events)))
	} else {
		e.w.Reset(e.w.Buf[:0])
	}
	e.w.Uint(codecVersion)
	if err := Write(e.w, events); err != nil {
		return nil, err
	}
	return e.w.Buf, nil
}

// Write writes events as a part of something else.
func Write(w *compact.Writer, events []Recorded) error {
	w.Uint(uint64(len(events)))
	var seq uint64
	var last Instant
	for i := range events {
		r := &events[i]
		if r.Event == nil {
			return fmt.Errorf("encoding event %d: there is none", r.Seq)
		}
		k := kindOf[reflect.TypeOf(r.Event)]
		if k == nil {
			return fmt.Errorf("encoding event %d: kind %q is not known", r.Seq, KindOf(r.Event))
		}
		w.Text(k.name)
		w.Uint(r.Seq - seq) // it grows by one, as a rule
		w.Int(int64(r.Time - last))
		k.format.Write(w, reflect.ValueOf(r.Event))
		seq, last = r.Seq, r.Time
	}
	return nil
}

// Decode reads what Encode wrote. An entry that is not understood whole is refused: applying half of it would be a
// history that never happened.
func Decode(body []byte) ([]Recorded, error) {
	r := compact.NewReader(body)
	if version := r.Uint(); version != codecVersion && r.Err() == nil {
		return nil, fmt.Errorf("decoding events: format %d is not known here, only %d", version, codecVersion)
	}
	events, err := Read(r)
	if err != nil {
		return nil, err
	}
	if len(r.Rest()) > 0 {
		return nil, errors.New("decoding events: there is something behind the end")
	}
	return events, nil
}

// Read reads what Write wrote.
func Read(r *compact.Reader) ([]Recorded, error) {
	n := r.Length()
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("decoding events: %w", err)
	}
	out := make([]Recorded, 0, n)
	var seq uint64
	var last Instant
	for range n {
		name := r.Text()
		seq += r.Uint()
		last += Instant(r.Int())
		k := kinds[name]
		if k == nil && r.Err() == nil {
			return nil, fmt.Errorf("decoding event %d: kind %q is not known here", seq, name)
		}
		if r.Err() == nil {
			ev := reflect.New(k.of)
			k.format.Read(r, ev.Elem())
			if e, is := reflect.TypeAssert[Event](ev.Elem()); is && r.Err() == nil {
				out = append(out, Recorded{Seq: seq, Time: last, Event: e})
			}
		}
		if err := r.Err(); err != nil {
			return nil, fmt.Errorf("decoding event %d, %s: %w", seq, name, err)
		}
	}
	return out, nil
}

// The kinds of values of attributes, as they are written.
const (
	absentValue = iota
	textValue
	numberValue
	timeValue
)

func writeAttributes(w *compact.Writer, v reflect.Value) {
	attributes, _ := reflect.TypeAssert[rule.Attributes](v)
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	w.Uint(uint64(len(names)))
	for _, name := range names {
		w.Text(name)
		value := attributes[name]
		switch value.Kind() {
		case rule.Text:
			w.Uint(textValue)
			w.Text(value.String())
		case rule.Number:
			number, _ := value.Number()
			w.Uint(numberValue)
			w.Float(number)
		case rule.Time:
			moment, _ := value.Time()
			w.Uint(timeValue)
			w.Int(moment.UnixMilli())
		case rule.Any:
			w.Uint(absentValue)
		}
	}
}

func readAttributes(r *compact.Reader, into reflect.Value) {
	n := r.Length()
	attributes := make(rule.Attributes, n)
	for range n {
		name := r.Text()
		var value rule.Value
		switch r.Uint() {
		case textValue:
			value = rule.TextValue(r.Text())
		case numberValue:
			value = rule.NumberValue(r.Float())
		case timeValue:
			value = rule.TimeValue(time.UnixMilli(r.Int()))
		case absentValue:
		default:
			r.Fail("a value is of no known kind")
		}
		if r.Err() != nil {
			return
		}
		attributes[name] = value
	}
	into.Set(reflect.ValueOf(attributes))
}
