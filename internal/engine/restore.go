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
	"workstream.dev/operator/internal/rule"
)

// Restore returns the engine that made the snapshot, as it was then. plans returns the plans that Plans named.
func Restore(body []byte, plans func(version string) (*plan.Plan, error)) (*Engine, error) {
	r := compact.NewReader(body)
	r.Known = make(map[string]string)
	if codec := r.Uint(); codec != snapshotCodec && r.Err() == nil {
		return nil, fmt.Errorf("decoding snapshot: format %d is not known here, only %d", codec, snapshotCodec)
	}
	var head snapshotHead
	headFormat.Read(r, reflect.ValueOf(&head).Elem())
	retired := r.Bytes()
	e := New()
	e.seq, e.last, e.clock, e.version = head.Seq, head.Last, head.Last, head.Plan
	e.restoreAgents(r)
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("decoding snapshot: %w", err)
	}
	if head.Plan != "" {
		p, err := plans(head.Plan)
		if err != nil {
			return nil, fmt.Errorf("restoring plan %s: %w", head.Plan, err)
		}
		e.usePlan(p)
	}
	if err := e.restoreItems(r, retired); err != nil {
		return nil, err
	}
	readMemory(r, intakeFormat, &e.intakes, func(k *intake) string { return intakeKey(k.Intake) })
	readMemory(r, endedFormat, &e.endedOffers, func(o *endedOffer) string { return o.Offer })
	readMemory(r, closedFormat, &e.closed, func(c *closedItem) string { return c.Item })
	for range r.Length() {
		d := delivery{Delivery: &event.Delivery{}}
		deliveryFormat.Read(r, reflect.ValueOf(&d).Elem())
		e.deliveries[d.ID] = d
	}
	if r.Err() == nil && len(r.Rest()) > 0 {
		r.Fail("there is something behind the end")
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("decoding snapshot: %w", err)
	}
	e.scheduleForget()
	e.clean()
	return e, nil
}

func readMemory[T any](r *compact.Reader, format *compact.Format, into *memory[T], key func(*T) string) {
	for range r.Length() {
		var v T
		format.Read(r, reflect.ValueOf(&v).Elem())
		if r.Err() != nil {
			return
		}
		into.put(key(&v), v)
	}
}

func (e *Engine) restoreAgents(r *compact.Reader) {
	one := compact.NewReader(nil)
	one.Known = r.Known
	for range r.Length() {
		one.Reset(r.Bytes())
		a := &agent{}
		agentFormat.Read(one, reflect.ValueOf(a).Elem())
		if err := cmp.Or(r.Err(), one.Err()); err != nil {
			r.Fail(err.Error())
			return
		}
		e.agents[a.Name] = a
		e.restoreLedger(a)
	}
}

func (e *Engine) restoreLedger(a *agent) {
	a.prepare()
	slices.SortFunc(a.Ledger, func(x, y *entry) int { return strings.Compare(x.Item, y.Item) })
	for _, en := range a.Ledger {
		a.add(en, 1)
		en.block = timer{kind: blockTimer, of: &en.Item, by: &a.Name}
		e.timers.set(&en.block, en.Until)
	}
	e.scheduleDay(a)
}

// restoreItems reads the items, and keeps the bytes of each as its image.
func (e *Engine) restoreItems(r *compact.Reader, retired []byte) error {
	definitions, err := retiredFrom(retired)
	if err != nil {
		return err
	}
	n := r.Length()
	e.items = make(map[string]*item, n)
	e.images.slots = make([]slot, 0, n)
	one := compact.NewReader(nil)
	one.Known = r.Known
	for range n {
		image := r.Bytes()
		one.Reset(image)
		it := &item{}
		itemFormat.Read(one, reflect.ValueOf(it).Elem())
		if err := cmp.Or(r.Err(), one.Err()); err != nil {
			return fmt.Errorf("decoding snapshot: %w", err)
		}
		it.describedBy(it.Attributes)
		it.Attributes = nil
		it.ws = definitions[edition{it.Workstream, it.Revision, it.Hours}]
		if it.ws == nil && e.plan != nil {
			it.ws = e.definition(e.plan.Workstream(it.Workstream))
		}
		if it.ws == nil || it.ws.Revision != it.Revision {
			return fmt.Errorf("restoring item %s: no revision %s of workstream %s", it.ID, it.Revision, it.Workstream)
		}
		if got := it.ws.HoursVersion(); got != it.Hours {
			return fmt.Errorf("restoring item %s: revision %s of workstream %s has the hours %q, not %q", it.ID, it.Revision, it.Workstream,
				got, it.Hours)
		}
		e.restoreItem(it)
		e.images.slots = append(e.images.slots, slot{id: it.ID, it: it, ws: it.ws, image: bytes.Clone(image)})
		it.slot = len(e.images.slots)
	}
	return nil
}

func retiredFrom(body []byte) (map[edition]*plan.Workstream, error) {
	definitions := make(map[edition]*plan.Workstream)
	if len(body) == 0 {
		return definitions, nil
	}
	var list []definition
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("decoding retired definitions: %w", err)
	}
	for i := range list {
		w := &list[i].Workstream
		if err := w.Compile(list[i].Calendars); err != nil {
			return nil, fmt.Errorf("restoring revision %s: %w", w.Revision, err)
		}
		definitions[editionOf(w)] = w
	}
	return definitions, nil
}

func (e *Engine) restoreItem(it *item) {
	it.skills = e.joined(it.Skills)
	e.items[it.ID] = it
	it.prepare()
	switch {
	case it.Type == plan.Record:
		e.records[it.recordKey()] = it
	case it.State != event.WrapUp:
		e.conversations[it.conversationKey()] = it
	}
	if it.Queued {
		e.join(it)
	}
	if it.Offer != nil {
		e.scheduleOffer(it)
	}
	for _, k := range it.Consults {
		e.indexConsult(it, k)
	}
	for _, name := range slices.Sorted(maps.Keys(it.Declines)) {
		d := it.Declines[name]
		d.cool = timer{kind: coolTimer, of: &it.ID, by: &name}
		if d.Until > e.clock {
			e.cools.set(&d.cool, d.Until)
		}
	}
	e.indexDeclined(it)
	e.expectCustomer(it, it.Leaves)
	e.schedule(it)
}

// Describe tells a snapshot for people, as JSON: what of it is not as it should be can be seen there.
func Describe(body []byte, plans func(version string) (*plan.Plan, error)) ([]byte, error) {
	e, err := Restore(body, plans)
	if err != nil {
		return nil, err
	}
	agents := make([]*agent, 0, len(e.agents))
	for _, name := range slices.Sorted(maps.Keys(e.agents)) {
		agents = append(agents, e.agents[name])
	}
	items := e.sortedItems()
	for _, it := range items {
		it.Attributes = make(rule.Attributes)
		e.describe(it, it.Attributes)
	}
	return json.MarshalIndent(struct {
		Head       snapshotHead
		Items      []*item
		Agents     []*agent
		Intakes    []intake
		Ended      []endedOffer
		Closed     []closedItem
		Deliveries []delivery
	}{
		snapshotHead{e.seq, e.last, e.version},
		items, agents,
		e.intakes.values(), e.endedOffers.values(), e.closed.values(), e.deliveriesInOrder(),
	}, "", "  ")
}
