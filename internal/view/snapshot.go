// SPDX-License-Identifier: Apache-2.0

package view

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// snapshotFormat is that of the head.
const snapshotFormat = 1

// snapshot is the head of a snapshot's body; the encoded steps of all items follow it. What follows from the items is
// not in it, nor is what agents can resume from.
type snapshot struct {
	Format  int              `json:"format"`
	Seq     uint64           `json:"seq"`
	Time    event.Instant    `json:"time"`
	Version string           `json:"version,omitempty"`
	Items   []*item          `json:"items,omitempty"` // in the order of opening
	Steps   []int            `json:"steps,omitempty"` // how many each of them has
	Closed  []string         `json:"closed,omitempty"`
	Agents  map[string]agent `json:"agents,omitempty"`
	// Told has what each agent was told last: who has seen that can resume after a restart.
	Told map[string]uint64 `json:"told,omitempty"`
}

// Frozen is a view as it was at one moment, while the view itself goes on.
type Frozen struct{ content snapshot }

// Freeze copies what the view changes in place. It takes a fraction of the time of Encode, which need not be waited for.
func (v *View) Freeze() *Frozen {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := snapshot{
		Format: snapshotFormat, Seq: v.seq, Time: v.time, Version: v.version,
		Items: make([]*item, 0, len(v.order)-v.gone), Agents: make(map[string]agent, len(v.agents)), Told: maps.Clone(v.hub.told),
	}
	for _, it := range v.order {
		if it.dropped {
			continue
		}
		c := *it // attributes, offers and steps are replaced or added to, never changed
		c.Messages = slices.Clone(it.Messages)
		s.Items = append(s.Items, &c)
	}
	for _, it := range v.closed {
		s.Closed = append(s.Closed, it.ID)
	}
	for name, a := range v.agents {
		s.Agents[name] = agent{
			Connected: a.Connected, Presence: a.Presence, PresenceName: a.PresenceName, Held: maps.Clone(a.Held),
			Slots: maps.Clone(a.Slots), Items: maps.Clone(a.Items), Offers: maps.Clone(a.Offers), Consults: maps.Clone(a.Consults),
		}
	}
	return &Frozen{s}
}

// Snapshot returns the view in bytes, without its plan. Equal histories have equal snapshots.
func (v *View) Snapshot() ([]byte, error) { return v.Freeze().Encode() }

// Encode returns the view in bytes.
func (f *Frozen) Encode() ([]byte, error) {
	s := f.content
	var steps []event.Recorded
	for _, it := range s.Items {
		s.Steps = append(s.Steps, len(it.steps))
		steps = append(steps, it.steps...)
	}
	head, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding the view: %w", err)
	}
	tail, err := event.Encode(steps)
	if err != nil {
		return nil, fmt.Errorf("encoding the traces: %w", err)
	}
	body := binary.BigEndian.AppendUint64(nil, uint64(len(head)))
	body = append(body, head...)
	return append(body, tail...), nil
}

// Restore makes v the view that wrote the snapshot; p is the plan that was in force, nil when there was none. Streams
// that are open end, and resume with the full state.
func (v *View) Restore(body []byte, p *plan.Plan) error {
	s, steps, err := decodeSnapshot(body)
	if err != nil {
		return err
	}
	r := New()
	r.seq, r.time, r.version = s.Seq, s.Time, s.Version
	if p != nil {
		r.plan = p
	}
	for name, a := range s.Agents {
		r.agents[name] = newAgent()
		r.agents[name].take(&a)
	}
	for i, it := range s.Items {
		n := s.Steps[i]
		it.steps, steps = steps[:n:n], steps[n:]
		r.restoreItem(it)
	}
	for _, id := range s.Closed {
		if it := r.items[id]; it != nil {
			r.closed = append(r.closed, it)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.restart(s.Told)
	v.seq, v.time, v.version, v.plan = r.seq, r.time, r.version, r.plan
	v.items, v.order, v.gone, v.closed, v.agents, v.queues, v.states = r.items, r.order, 0, r.closed, r.agents, r.queues, r.states
	return nil
}

func decodeSnapshot(body []byte) (*snapshot, []event.Recorded, error) {
	if len(body) < 8 {
		return nil, nil, errors.New("decoding the view: cut off")
	}
	n, rest := binary.BigEndian.Uint64(body), body[8:]
	if n > uint64(len(rest)) {
		return nil, nil, errors.New("decoding the view: cut off")
	}
	d := json.NewDecoder(bytes.NewReader(rest[:n]))
	d.DisallowUnknownFields()
	s := &snapshot{}
	if err := d.Decode(s); err != nil {
		return nil, nil, fmt.Errorf("decoding the view: %w", err)
	}
	if s.Format != snapshotFormat {
		return nil, nil, fmt.Errorf("decoding the view: format %d is not known here, only %d", s.Format, snapshotFormat)
	}
	steps, err := event.Decode(rest[n:])
	if err != nil {
		return nil, nil, fmt.Errorf("decoding the traces: %w", err)
	}
	total := 0
	for _, n := range s.Steps {
		total += n
	}
	if len(s.Steps) != len(s.Items) || total != len(steps) {
		return nil, nil, fmt.Errorf("decoding the view: it has %d steps of %d", len(steps), total)
	}
	return s, steps, nil
}

func (v *View) restoreItem(it *item) {
	v.items[it.ID] = it
	v.order = append(v.order, it)
	v.states[it.State]++
	if it.Queued {
		v.queueLocked(it.Queue).add(it)
	}
	it.Offer, it.Transfer = v.sameOffer(it.Offer), v.sameOffer(it.Transfer)
	if it.Offer != nil && it.Queued {
		v.queueLocked(it.Queue).offered++
	}
}

// sameOffer returns the agent's entry for an offer: one offer, not two alike.
func (v *View) sameOffer(o *offer) *offer {
	if o != nil {
		if a := v.agents[o.Agent]; a != nil && a.Offers[o.ID] != nil {
			return a.Offers[o.ID]
		}
	}
	return o
}

// take fills a with what was read; the maps that were empty were not written.
func (a *agent) take(from *agent) {
	a.Connected, a.Presence, a.PresenceName = from.Connected, from.Presence, from.PresenceName
	for item, h := range from.Held {
		a.hold(item, h)
	}
	if from.Slots != nil {
		a.Slots = from.Slots
	}
	if from.Consults != nil {
		a.Consults = from.Consults
	}
	if from.Items != nil {
		a.Items = from.Items
	}
	if from.Offers != nil {
		a.Offers = from.Offers
	}
}

// restart forgets what is kept for those who resume, and ends all streams. told is what agents were told last before.
func (h *hub) restart(told map[string]uint64) {
	for _, subs := range h.subs {
		for s := range subs {
			h.end(s, ErrSlow)
		}
	}
	h.kept, h.told, h.lost = ring{}, map[string]uint64{}, map[string]uint64{}
	maps.Copy(h.told, told)
	maps.Copy(h.lost, told)
}
