// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// snapshotCodec is the version of the format. The names of the state's fields are part of it.
const snapshotCodec = 1

// snapshot is the state after event Seq. All lists have one order, so that equal states have equal bytes.
type snapshot struct {
	Codec int
	Seq   uint64
	Last  event.Instant
	Plan  string
	// Retired are the definitions that open items were routed by and that the plan no longer has.
	Retired     []plan.Workstream `json:",omitempty"`
	Items       []*item           `json:",omitempty"`
	Agents      []*agent          `json:",omitempty"`
	Intakes     []intake          `json:",omitempty"`
	EndedOffers []endedOffer      `json:",omitempty"`
	Closed      []closedItem      `json:",omitempty"`
	Deliveries  []*delivery       `json:",omitempty"`
}

// Snapshot returns the state in bytes. Equal histories have equal snapshots.
func (e *Engine) Snapshot() ([]byte, error) {
	s := snapshot{
		Codec: snapshotCodec, Seq: e.seq, Last: e.last, Plan: e.version, Retired: e.retired(), Items: e.sortedItems(),
		Intakes: e.intakes.list(), EndedOffers: e.endedOffers.list(), Closed: e.closed.list(),
		Deliveries: e.deliveriesInOrder(),
	}
	for _, name := range slices.Sorted(maps.Keys(e.agents)) {
		s.Agents = append(s.Agents, e.agents[name])
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding snapshot: %w", err)
	}
	return body, nil
}

// retired returns the definitions that only items still have, by name and revision.
func (e *Engine) retired() []plan.Workstream {
	if e.plan == nil {
		return nil
	}
	seen := make(map[[2]string]*plan.Workstream)
	for _, it := range e.items {
		if w := e.plan.Workstream(it.Workstream); w == nil || w.Revision != it.Revision {
			seen[[2]string{it.Workstream, it.Revision}] = it.ws
		}
	}
	keys := slices.SortedFunc(maps.Keys(seen), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	out := make([]plan.Workstream, 0, len(keys))
	for _, k := range keys {
		out = append(out, *seen[k])
	}
	return out
}

// Restore returns the engine that made the snapshot, as it was then. plans returns the plans that Plans named.
func Restore(body []byte, plans func(version string) (*plan.Plan, error)) (*Engine, error) {
	var s snapshot
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("decoding snapshot: %w", err)
	}
	if s.Codec != snapshotCodec {
		return nil, fmt.Errorf("decoding snapshot: format %d is not known here, only %d", s.Codec, snapshotCodec)
	}
	e := New()
	e.seq, e.last, e.clock, e.version = s.Seq, s.Last, s.Last, s.Plan
	for _, a := range s.Agents {
		e.agents[a.Name] = a
		e.restoreLedger(a)
	}
	if s.Plan != "" {
		p, err := plans(s.Plan)
		if err != nil {
			return nil, fmt.Errorf("restoring plan %s: %w", s.Plan, err)
		}
		e.usePlan(p)
	}
	if err := e.restoreItems(&s); err != nil {
		return nil, err
	}
	for _, k := range s.Intakes {
		e.intakes.put(intakeKey(k.Intake), k)
	}
	for _, o := range s.EndedOffers {
		e.endedOffers.put(o.Offer, o)
	}
	for _, c := range s.Closed {
		e.closed.put(c.Item, c)
	}
	for _, d := range s.Deliveries {
		e.deliveries[d.ID] = d
	}
	e.scheduleForget()
	e.clean()
	return e, nil
}

func (e *Engine) restoreLedger(a *agent) {
	a.prepare()
	slices.SortFunc(a.Ledger, func(x, y *entry) int { return strings.Compare(x.Item, y.Item) })
	for _, en := range a.Ledger {
		a.add(en, 1)
		en.block = timer{kind: blockTimer, item: en.Item, agent: a.Name}
		e.timers.set(&en.block, en.Until)
	}
}

func (e *Engine) restoreItems(s *snapshot) error {
	retired := make(map[[2]string]*plan.Workstream)
	for i := range s.Retired {
		w := &s.Retired[i]
		if err := w.Compile(); err != nil {
			return fmt.Errorf("restoring revision %s: %w", w.Revision, err)
		}
		retired[[2]string{w.Name, w.Revision}] = w
	}
	for _, it := range s.Items {
		it.ws = retired[[2]string{it.Workstream, it.Revision}]
		if it.ws == nil && e.plan != nil {
			it.ws = e.definition(e.plan.Workstream(it.Workstream))
		}
		if it.ws == nil || it.ws.Revision != it.Revision {
			return fmt.Errorf("restoring item %s: no revision %s of workstream %s", it.ID, it.Revision, it.Workstream)
		}
		e.restoreItem(it)
	}
	return nil
}

func (e *Engine) restoreItem(it *item) {
	it.needAnew()
	e.items[it.ID] = it
	it.prepare()
	it.never = match.Names(it.Attributes[neverAttribute].String())
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
		e.offers[it.Offer.ID] = it
		e.scheduleOffer(it)
	}
	for _, k := range it.Consults {
		e.indexConsult(it, k)
	}
	for _, name := range slices.Sorted(maps.Keys(it.Declines)) {
		d := it.Declines[name]
		d.cool = timer{kind: coolTimer, item: it.ID, agent: name}
		if d.Until > e.clock {
			e.cools.set(&d.cool, d.Until)
		}
	}
	e.indexDeclined(it)
	e.expectCustomer(it, it.Leaves)
	e.schedule(it)
}
