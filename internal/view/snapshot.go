// SPDX-License-Identifier: Apache-2.0

package view

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"sync"

	"workstream.dev/operator/internal/compact"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// snapshotFormat begins a snapshot. The order of the exported fields of what is kept is part of the format.
const snapshotFormat = 3

var (
	headFormat  = event.Formats.Of(reflect.TypeFor[snapshotHead]())
	itemFormat  = event.Formats.Of(reflect.TypeFor[item]())
	agentFormat = event.Formats.Of(reflect.TypeFor[agent]())
)

// snapshotHead is what goes before the agents and the items, which are in the order of opening. What follows from the
// items is not in a snapshot, nor is what agents can resume from.
type snapshotHead struct {
	Seq     uint64
	Time    event.Instant
	Version string
	Closed  []string
	// Told has what each agent was told last: who has seen that can resume after a restart.
	Told map[string]uint64
}

// image is an item as a snapshot has it. It is shared by all snapshots until an event changes the item: the one that it
// names, and no other.
type image struct {
	of *item // a copy, until it is encoded
	// body is the item with its steps, which begin at steps.
	body  []byte
	steps int
}

// images are those of all items, each at the item's place in the order.
type images struct {
	at []*image
	// stale are the ids of items that changed since their image was taken; taken those whose image was taken last.
	stale, taken []string
}

// changed notes that an item needs another image.
func (i *images) changed(it *item) {
	i.at[it.place] = nil
	if !it.stale {
		it.stale = true
		i.stale = append(i.stale, it.ID)
	}
}

// inOrderLocked puts an item behind the others; m is its image, if there is one.
func (v *View) inOrderLocked(it *item, m *image) {
	it.place = len(v.order)
	v.order, v.images.at = append(v.order, it), append(v.images.at, m)
}

// takeImagesLocked copies what changed, and lets go of what the images before have in bytes.
func (v *View) takeImagesLocked() {
	if v.encoding.TryLock() { // or somebody encodes them just now
		for _, id := range v.images.taken {
			it := v.items[id]
			if it == nil || len(it.steps) == 0 {
				continue
			}
			if m := v.images.at[it.place]; m != nil && m.body != nil {
				it.packed, it.packedSteps, it.steps = m.body[m.steps:], it.packedSteps+len(it.steps), nil
			}
		}
		v.encoding.Unlock()
	}
	for _, id := range v.images.stale {
		it := v.items[id]
		if it == nil || !it.stale {
			continue // it is no longer kept
		}
		it.stale = false
		c := *it // attributes, offers, consultations and steps are replaced or added to, never changed
		c.Messages = slices.Clone(it.Messages)
		v.images.at[it.place] = &image{of: &c}
	}
	v.images.stale, v.images.taken = nil, v.images.stale
}

// Frozen is a view as it was at one moment, while the view itself goes on.
type Frozen struct {
	view   *View
	head   snapshotHead
	agents map[string]agent
	items  []*image
}

// Freeze takes the view as it is. It copies what changed since it was called last, and takes little time for all the rest.
// What it copied is encoded by Encode, which need not be waited for.
func (v *View) Freeze() *Frozen {
	v.mu.Lock()
	defer v.mu.Unlock()
	f := &Frozen{
		view: v, head: snapshotHead{Seq: v.seq, Time: v.time, Version: v.version, Told: maps.Clone(v.hub.told)},
		agents: make(map[string]agent, len(v.agents)),
	}
	v.takeImagesLocked()
	f.items = slices.Clone(v.images.at)
	for _, it := range v.closed {
		f.head.Closed = append(f.head.Closed, it.ID)
	}
	for name, a := range v.agents {
		f.agents[name] = agent{
			Connected: a.Connected, Presence: a.Presence, PresenceName: a.PresenceName, Held: maps.Clone(a.Held),
			Slots: maps.Clone(a.Slots), Items: maps.Clone(a.Items), Offers: maps.Clone(a.Offers), Consults: maps.Clone(a.Consults),
		}
	}
	return f
}

// Snapshot returns the view in bytes, without its plan. Equal histories have equal snapshots.
func (v *View) Snapshot() ([]byte, error) { return v.Freeze().Encode() }

// encode writes an item that was copied. Its steps are a message of their own: they are read only when they are asked for.
func (i *image) encode() error {
	if i.body != nil {
		return nil
	}
	w := compact.NewPlainWriter(nil)
	itemFormat.Write(w, reflect.ValueOf(i.of).Elem())
	i.steps = len(w.Buf)
	steps := compact.NewWriter(w.Buf)
	if err := event.Write(steps, i.of.trace()); err != nil {
		return fmt.Errorf("encoding the trace of item %s: %w", i.of.ID, err)
	}
	i.body, i.of = bytes.Clone(steps.Buf), nil
	return nil
}

// Encode returns the view in bytes.
func (f *Frozen) Encode() ([]byte, error) {
	f.view.encoding.Lock()
	defer f.view.encoding.Unlock()
	f.items = slices.DeleteFunc(f.items, func(i *image) bool { return i == nil }) // of items that are no longer kept
	size := 0
	for _, i := range f.items {
		if err := i.encode(); err != nil {
			return nil, err
		}
		size += len(i.body) + 8
	}
	w := compact.NewPlainWriter(make([]byte, 0, size+256*len(f.agents)+64*len(f.head.Closed)+1<<16))
	w.Uint(snapshotFormat)
	headFormat.Write(w, reflect.ValueOf(&f.head).Elem())
	w.Uint(uint64(len(f.agents)))
	for _, name := range slices.Sorted(maps.Keys(f.agents)) {
		a := f.agents[name]
		w.Text(name)
		agentFormat.Write(w, reflect.ValueOf(&a).Elem())
	}
	w.Uint(uint64(len(f.items)))
	for _, i := range f.items {
		w.Uint(uint64(i.steps)) //nolint:gosec // a length
		w.Bytes(i.body)
	}
	return w.Buf, nil
}

// Restore makes v the view that wrote the snapshot; p is the plan that was in force, nil when there was none. Streams
// that are open end, and resume with the full state.
func (v *View) Restore(body []byte, p *plan.Plan) error {
	return v.RestoreLate(body, func() *plan.Plan { return p })
}

// RestoreLate is Restore for a plan that is asked for when everything else has been read. It does nothing when v has seen
// as much already, or there is no plan where there must be one.
func (v *View) RestoreLate(body []byte, late func() *plan.Plan) error {
	r := compact.NewReader(body)
	if format := r.Uint(); format != snapshotFormat && r.Err() == nil {
		return fmt.Errorf("decoding the view: format %d is not known here, only %d", format, snapshotFormat)
	}
	var head snapshotHead
	headFormat.Read(r, reflect.ValueOf(&head).Elem())
	if r.Err() == nil && head.Seq > 0 && head.Seq <= v.Seq() {
		return nil
	}
	n := New()
	n.seq, n.time, n.version = head.Seq, head.Time, head.Version
	for range r.Length() {
		name, a := r.Text(), agent{}
		agentFormat.Read(r, reflect.ValueOf(&a).Elem())
		n.agents[name] = newAgent()
		n.agents[name].take(&a)
	}
	items, images, err := readItems(r)
	if err != nil {
		return fmt.Errorf("decoding the view: %w", err)
	}
	n.items, n.order, n.images.at = make(map[string]*item, len(items)), make([]*item, 0, len(items)), make([]*image, 0, len(items))
	for i, it := range items {
		n.restoreItem(it, images[i])
	}
	for _, id := range head.Closed {
		if it := n.items[id]; it != nil {
			n.closed = append(n.closed, it)
		}
	}
	p := late()
	switch {
	case p != nil:
		n.plan = p
	case head.Version != "":
		return fmt.Errorf("restoring the view: plan %s is not there", head.Version)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.restart(head.Told)
	v.seq, v.time, v.version, v.plan = n.seq, n.time, n.version, n.plan
	v.items, v.order, v.images, v.gone, v.closed = n.items, n.order, n.images, 0, n.closed
	v.agents, v.parked, v.queues, v.states = n.agents, n.parked, n.queues, n.states
	return nil
}

// readItems reads all items, on all cores.
func readItems(r *compact.Reader) ([]*item, []*image, error) {
	n := r.Length()
	images := make([]*image, 0, n)
	for range n {
		steps := r.Uint()
		images = append(images, &image{steps: int(min(steps, 1<<31)), body: r.Bytes()})
	}
	if r.Err() == nil && len(r.Rest()) > 0 {
		r.Fail("there is something behind the end")
	}
	if r.Err() != nil {
		return nil, nil, r.Err()
	}
	items := make([]*item, n)
	var readers sync.WaitGroup
	each := n/runtime.GOMAXPROCS(0) + 1
	failed := make([]error, 0, n/each+1)
	for from := 0; from < n; from += each {
		failed = append(failed, nil)
		err := &failed[len(failed)-1]
		to := min(from+each, n)
		readers.Go(func() { *err = readSome(images[from:to], items[from:to]) })
	}
	readers.Wait()
	return items, images, errors.Join(failed...)
}

func readSome(images []*image, into []*item) error {
	r := compact.NewReader(nil)
	r.Known = map[string]string{}
	for i, m := range images {
		m.body = bytes.Clone(m.body) // it lives as long as the item does not change
		if m.steps > len(m.body) {
			return errors.New("an item is cut off")
		}
		r.Reset(m.body[:m.steps])
		it := &item{packed: m.body[m.steps:]}
		itemFormat.Read(r, reflect.ValueOf(it).Elem())
		if err := cmp.Or(r.Err(), whole(len(r.Rest()) == 0)); err != nil {
			return err
		}
		r.Reset(it.packed)
		it.packedSteps = r.Length()
		into[i] = it
	}
	return nil
}

func whole(is bool) error {
	if is {
		return nil
	}
	return errors.New("there is something behind the end of an item")
}

func (v *View) restoreItem(it *item, m *image) {
	v.items[it.ID] = it
	v.inOrderLocked(it, m)
	v.states[it.State]++
	v.parkLocked(it, it.Parked)
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
		for _, s := range slices.Clone(subs) {
			h.end(s, ErrSlow)
		}
	}
	h.kept, h.told, h.lost = ring{}, map[string]uint64{}, map[string]uint64{}
	maps.Copy(h.told, told)
	maps.Copy(h.lost, told)
}
