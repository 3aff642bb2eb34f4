// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"workstream.dev/operator/internal/compact"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// snapshotCodec begins a snapshot. The order of the state's exported fields is part of the format.
const snapshotCodec = 3

var (
	headFormat     = event.Formats.Of(reflect.TypeFor[snapshotHead]())
	intakeFormat   = event.Formats.Of(reflect.TypeFor[intake]())
	endedFormat    = event.Formats.Of(reflect.TypeFor[endedOffer]())
	closedFormat   = event.Formats.Of(reflect.TypeFor[closedItem]())
	deliveryFormat = event.Formats.Of(reflect.TypeFor[delivery]())
)

// snapshotHead is what a snapshot is of.
type snapshotHead struct {
	Seq  uint64
	Last event.Instant
	Plan string
}

// Frozen is the state after an event, while the engine goes on. It is encoded by whoever has the time.
type Frozen struct {
	head       snapshotHead
	plan       *plan.Plan
	slots      []slot
	agents     []named
	intakes    [][]remembered[intake] // in parts, as those below
	ended      [][]remembered[endedOffer]
	closed     [][]remembered[closedItem]
	deliveries []delivery
}

// named is something in bytes with what it is sorted by.
type named struct {
	name string
	body []byte
}

// Freeze returns the state as it is now. It takes time for what changed since it was called last, and little for all the
// rest.
func (e *Engine) Freeze() *Frozen {
	e.refresh()
	f := &Frozen{
		head: snapshotHead{Seq: e.seq, Last: e.last, Plan: e.version}, plan: e.plan,
		slots: slices.Clone(e.images.slots), agents: make([]named, 0, len(e.agents)),
		intakes: e.intakes.all(), ended: e.endedOffers.all(), closed: e.closed.all(),
		deliveries: make([]delivery, 0, len(e.deliveries)),
	}
	w := compact.NewPlainWriter(nil)
	for name, a := range e.agents {
		w.Reset(w.Buf[:0])
		agentFormat.Write(w, reflect.ValueOf(a).Elem())
		f.agents = append(f.agents, named{name, bytes.Clone(w.Buf)})
	}
	for _, d := range e.deliveries {
		f.deliveries = append(f.deliveries, d)
	}
	return f
}

// Snapshot returns the state in bytes. Equal histories have equal snapshots.
func (e *Engine) Snapshot() ([]byte, error) { return e.Freeze().Encode() }

// Encode returns the state in bytes. All lists have one order, so that equal states have equal bytes.
func (f *Frozen) Encode() ([]byte, error) {
	slices.SortFunc(f.slots, func(a, b slot) int { return strings.Compare(a.id, b.id) })
	retired, err := f.retired()
	if err != nil {
		return nil, err
	}
	size := 0
	for i := range f.slots {
		size += len(f.slots[i].image) + 3
	}
	w := compact.NewPlainWriter(make([]byte, 0, size+256*len(f.agents)+160*lenOf(f.intakes)+1<<20))
	w.Uint(snapshotCodec)
	headFormat.Write(w, reflect.ValueOf(f.head))
	w.Bytes(retired)
	slices.SortFunc(f.agents, func(a, b named) int { return strings.Compare(a.name, b.name) })
	w.Uint(uint64(len(f.agents)))
	for i := range f.agents {
		w.Bytes(f.agents[i].body)
	}
	w.Uint(uint64(len(f.slots)))
	for i := range f.slots {
		w.Bytes(f.slots[i].image)
	}
	writeMemory(w, intakeFormat, f.intakes)
	writeMemory(w, endedFormat, f.ended)
	writeMemory(w, closedFormat, f.closed)
	slices.SortFunc(f.deliveries, func(a, b delivery) int { return cmp.Compare(a.Seq, b.Seq) })
	w.Uint(uint64(len(f.deliveries)))
	for _, d := range f.deliveries {
		deliveryFormat.Write(w, reflect.ValueOf(d))
	}
	return w.Buf, nil
}

func writeMemory[T any](w *compact.Writer, format *compact.Format, parts [][]remembered[T]) {
	w.Uint(uint64(lenOf(parts))) //nolint:gosec // a length
	for _, part := range parts {
		for i := range part {
			format.Write(w, reflect.ValueOf(&part[i].value).Elem())
		}
	}
}

func lenOf[T any](parts [][]T) (n int) {
	for _, part := range parts {
		n += len(part)
	}
	return n
}

// definition is what a snapshot has of a workstream that left the plan, with the calendars that its rules name.
type definition struct {
	plan.Workstream
	Calendars []plan.Calendar `json:"calendars,omitempty"`
}

// retired has the definitions that only items still have, by edition. They are rare, and written as plans are.
func (f *Frozen) retired() ([]byte, error) {
	if f.plan == nil {
		return nil, nil
	}
	seen := make(map[*plan.Workstream]bool)
	list := make(map[edition]*plan.Workstream)
	for i := range f.slots {
		ws := f.slots[i].ws
		if seen[ws] {
			continue
		}
		seen[ws] = true
		key := editionOf(ws)
		if w := f.plan.Workstream(ws.Name); w == nil || editionOf(w) != key {
			list[key] = ws
		}
	}
	keys := slices.SortedFunc(maps.Keys(list), func(a, b edition) int {
		return cmp.Or(cmp.Compare(a.workstream, b.workstream), cmp.Compare(a.revision, b.revision), cmp.Compare(a.hours, b.hours))
	})
	out := make([]definition, 0, len(keys))
	for _, k := range keys {
		out = append(out, definition{*list[k], list[k].Calendars()})
	}
	if len(out) == 0 {
		return nil, nil
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encoding retired definitions: %w", err)
	}
	return body, nil
}
