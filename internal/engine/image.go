// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"workstream.dev/operator/internal/compact"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// images keep what every item is in bytes, so that a snapshot of a million items has to write only those that changed
// since the one before. An event changes the item that it names; what changes another one says so with changed.
type images struct {
	slots []slot
	// stale are the ids of items that changed since they were written last.
	stale []string
}

// slot is an item with its bytes, and the definition that it had by then. The bytes are never changed but replaced. Who
// writes a snapshot beside the engine does not look at the item.
type slot struct {
	id    string
	it    *item
	ws    *plan.Workstream
	image []byte
}

var (
	itemFormat  = event.Formats.Of(reflect.TypeFor[item]())
	agentFormat = event.Formats.Of(reflect.TypeFor[agent]())
)

// changed notes that an item must be written anew, or for the first time.
func (e *Engine) changed(it *item) {
	if it.slot == 0 {
		e.images.slots = append(e.images.slots, slot{id: it.ID, it: it})
		it.slot = len(e.images.slots)
	}
	if !it.stale {
		it.stale = true
		e.images.note(it.ID)
	}
}

// note adds an item to those that are stale. What has closed since it was noted is dropped when it has become the larger
// part of a list that would have to grow.
func (m *images) note(id string) {
	if len(m.stale) == cap(m.stale) && len(m.stale) > 2*len(m.slots) {
		list := m.stale[:0]
		for i := range m.slots {
			if s := &m.slots[i]; s.it.stale && s.id != id {
				list = append(list, s.id)
			}
		}
		clear(m.stale[len(list):])
		m.stale = list
	}
	m.stale = append(m.stale, id)
}

// gone gives up the bytes of an item that has closed.
func (e *Engine) gone(it *item) {
	slots := e.images.slots
	last := len(slots) - 1
	slots[it.slot-1] = slots[last]
	slots[it.slot-1].it.slot = it.slot
	slots[last] = slot{}
	e.images.slots = slots[:last]
	it.slot = 0
}

// write begins a message anew and writes an item, with the attributes that it only has there.
func (e *Engine) write(w *compact.Writer, it *item) {
	w.Reset(w.Buf[:0])
	it.Attributes = e.attributesOf(it)
	itemFormat.Write(w, reflect.ValueOf(it).Elem())
	it.Attributes = nil
}

// refresh writes the items that changed.
func (e *Engine) refresh() {
	w := compact.NewPlainWriter(nil)
	for _, id := range e.images.stale {
		it := e.items[id]
		if it == nil || !it.stale {
			continue // it has closed, or another one of its name came, which is in the list, too
		}
		it.stale = false
		e.write(w, it)
		s := &e.images.slots[it.slot-1]
		s.ws, s.image = it.ws, bytes.Clone(w.Buf)
	}
	e.images.stale = nil
}

// checkImages holds the bytes of items against the items.
func (e *Engine) checkImages() error {
	if it := e.described; it != nil {
		want := make(rule.Attributes)
		if e.describe(it, want); !maps.Equal(want, e.attributes) {
			return fmt.Errorf("item %s has the attributes %v, and rules are asked with %v", it.ID, want, e.attributes)
		}
	}
	if len(e.images.slots) != len(e.items) {
		return fmt.Errorf("%d items have %d images", len(e.items), len(e.images.slots))
	}
	w := compact.NewPlainWriter(nil)
	for _, it := range e.sortedItems() {
		if it.slot == 0 || e.images.slots[it.slot-1].it != it {
			return fmt.Errorf("item %s has no image", it.ID)
		}
		s := &e.images.slots[it.slot-1]
		if it.stale {
			if !slices.Contains(e.images.stale, it.ID) {
				return fmt.Errorf("the image of item %s will not be written anew", it.ID)
			}
			continue
		}
		e.write(w, it)
		if s.ws != it.ws || !bytes.Equal(s.image, w.Buf) {
			return fmt.Errorf("item %s changed and its image was not told", it.ID)
		}
	}
	return nil
}
