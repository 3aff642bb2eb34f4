// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
)

// codecVersion is the version of the envelope. A kind of event never changes what it means: a new meaning is a new kind.
const codecVersion = 1

// kinds are all events by the name under which they are written.
var kinds = map[string]func([]byte) (Event, error){
	"PlanActivated":        decodeAs[PlanActivated],
	"IntakeTaken":          decodeAs[IntakeTaken],
	"IntakesForgotten":     decodeAs[IntakesForgotten],
	"ItemOpened":           decodeAs[ItemOpened],
	"ItemUpdated":          decodeAs[ItemUpdated],
	"MessageReceived":      decodeAs[MessageReceived],
	"MessageSent":          decodeAs[MessageSent],
	"DeliveryDone":         decodeAs[DeliveryDone],
	"DeliveryGivenUp":      decodeAs[DeliveryGivenUp],
	"ItemRouted":           decodeAs[ItemRouted],
	"ItemClassified":       decodeAs[ItemClassified],
	"ItemOverflowed":       decodeAs[ItemOverflowed],
	"ItemPromoted":         decodeAs[ItemPromoted],
	"CustomerDisconnected": decodeAs[CustomerDisconnected],
	"CustomerReconnected":  decodeAs[CustomerReconnected],
	"ConsultRequested":     decodeAs[ConsultRequested],
	"ConsultJoined":        decodeAs[ConsultJoined],
	"ConsultEnded":         decodeAs[ConsultEnded],
	"SlotsReset":           decodeAs[SlotsReset],
	"ItemQueued":           decodeAs[ItemQueued],
	"AssignmentDeferred":   decodeAs[AssignmentDeferred],
	"OfferMade":            decodeAs[OfferMade],
	"OfferClosed":          decodeAs[OfferClosed],
	"ItemAssigned":         decodeAs[ItemAssigned],
	"ItemReleased":         decodeAs[ItemReleased],
	"ItemParked":           decodeAs[ItemParked],
	"ItemResumed":          decodeAs[ItemResumed],
	"WrapUpStarted":        decodeAs[WrapUpStarted],
	"WrapUpReleased":       decodeAs[WrapUpReleased],
	"ItemClosed":           decodeAs[ItemClosed],
	"AgentConnected":       decodeAs[AgentConnected],
	"AgentDisconnected":    decodeAs[AgentDisconnected],
	"AgentForgotten":       decodeAs[AgentForgotten],
	"PresenceChanged":      decodeAs[PresenceChanged],
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

// envelope is one entry of a journal. All its events became durable together.
type envelope struct {
	Version int       `json:"v"`
	Events  []written `json:"events"`
}

type written struct {
	Seq   uint64          `json:"s"`
	Time  Instant         `json:"t"`
	Kind  string          `json:"k"`
	Event json.RawMessage `json:"e"`
}

// Encode returns the bytes of one journal entry.
func Encode(events []Recorded) ([]byte, error) {
	out := make([]byte, 0, 64+256*len(events))
	out = append(out, `{"v":`...)
	out = strconv.AppendInt(out, codecVersion, 10)
	out = append(out, `,"events":[`...)
	for i := range events {
		r := &events[i]
		if r.Event == nil {
			return nil, fmt.Errorf("encoding event %d: there is none", r.Seq)
		}
		kind := KindOf(r.Event)
		if kinds[kind] == nil {
			return nil, fmt.Errorf("encoding event %d: kind %q is not known", r.Seq, kind)
		}
		body, err := json.Marshal(r.Event)
		if err != nil {
			return nil, fmt.Errorf("encoding event %d, %s: %w", r.Seq, kind, err)
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"s":`...)
		out = strconv.AppendUint(out, r.Seq, 10)
		out = append(out, `,"t":`...)
		out = strconv.AppendInt(out, int64(r.Time), 10)
		out = append(out, `,"k":"`...)
		out = append(out, kind...)
		out = append(out, `","e":`...)
		out = append(out, body...)
		out = append(out, '}')
	}
	return append(out, "]}"...), nil
}

// Decode reads what Encode wrote. An entry that is not understood whole is refused: applying half of it would be a
// history that never happened.
func Decode(body []byte) ([]Recorded, error) {
	var env envelope
	if err := strict(body, &env); err != nil {
		return nil, fmt.Errorf("decoding events: %w", err)
	}
	if env.Version != codecVersion {
		return nil, fmt.Errorf("decoding events: format %d is not known here, only %d", env.Version, codecVersion)
	}
	out := make([]Recorded, 0, len(env.Events))
	for i := range env.Events {
		w := &env.Events[i]
		decode := kinds[w.Kind]
		if decode == nil {
			return nil, fmt.Errorf("decoding event %d: kind %q is not known here", w.Seq, w.Kind)
		}
		ev, err := decode(w.Event)
		if err != nil {
			return nil, fmt.Errorf("decoding event %d, %s: %w", w.Seq, w.Kind, err)
		}
		out = append(out, Recorded{Seq: w.Seq, Time: w.Time, Event: ev})
	}
	return out, nil
}

func decodeAs[E Event](body []byte) (Event, error) {
	var ev E
	if len(body) == 0 || string(body) == "null" {
		return nil, errors.New("it has no content")
	}
	if err := strict(body, &ev); err != nil {
		return nil, err
	}
	return ev, nil
}

// strict decodes one JSON value that has no unknown fields and nothing behind it.
func strict(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind the end")
	}
	return nil
}
