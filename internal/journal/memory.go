// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"
)

// MemoryOptions are what may be chosen of a Memory.
type MemoryOptions struct {
	// Limit bounds the bytes of all entries, plans and snapshots together; 0 is no limit.
	Limit int
	// MaxEntry bounds the bytes of one entry; 0 is no limit.
	MaxEntry int
	// Gap is how many positions are left out between two entries.
	Gap uint64
}

// Memory is a journal that is gone with its process. It is safe for concurrent use.
type Memory struct {
	opts MemoryOptions

	mu       sync.Mutex
	last     uint64
	entries  []memoryEntry
	plans    map[string]*memoryPlan
	snapshot *Snapshot
}

type memoryEntry struct {
	position uint64
	body     []byte
}

type memoryPlan struct {
	body []byte
	// fresh says that the plan was put since the latest snapshot.
	fresh bool
}

// NewMemory returns an empty journal.
func NewMemory(opts MemoryOptions) *Memory {
	return &Memory{opts: opts, plans: map[string]*memoryPlan{}}
}

// MaxEntry implements Journal.
func (m *Memory) MaxEntry() int { return m.opts.MaxEntry }

// Append implements Journal.
func (m *Memory) Append(ctx context.Context, expected uint64, entry []byte) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if expected != m.last {
		return 0, fmt.Errorf("appending after %d, but the last position is %d: %w", expected, m.last, ErrConflict)
	}
	if m.opts.MaxEntry > 0 && len(entry) > m.opts.MaxEntry {
		return 0, fmt.Errorf("appending %d bytes, %d at most: %w", len(entry), m.opts.MaxEntry, ErrTooLarge)
	}
	if err := m.roomLocked(len(entry)); err != nil {
		return 0, err
	}
	m.last += 1 + m.opts.Gap
	m.entries = append(m.entries, memoryEntry{position: m.last, body: slices.Clone(entry)})
	return m.last, nil
}

// Replay implements Journal.
func (m *Memory) Replay(ctx context.Context, after uint64, fn func(position uint64, entry []byte) error) error {
	m.mu.Lock()
	entries := m.entries[m.indexLocked(after):]
	m.mu.Unlock()
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(e.position, slices.Clone(e.body)); err != nil {
			return err
		}
	}
	return nil
}

// Room implements Journal.
func (m *Memory) Room(bytes int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.roomLocked(bytes)
}

// PutPlan implements Journal.
func (m *Memory) PutPlan(ctx context.Context, version string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if p := m.plans[version]; p != nil {
		p.fresh = true
		return nil
	}
	if err := m.roomLocked(len(body)); err != nil {
		return err
	}
	m.plans[version] = &memoryPlan{body: slices.Clone(body), fresh: true}
	return nil
}

// Plan implements Journal.
func (m *Memory) Plan(_ context.Context, version string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.plans[version]
	if p == nil {
		return nil, fmt.Errorf("plan %s: %w", version, ErrNotFound)
	}
	return slices.Clone(p.body), nil
}

// PutSnapshot implements Journal.
func (m *Memory) PutSnapshot(ctx context.Context, s Snapshot, keep []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.Position > m.last {
		return fmt.Errorf("putting a snapshot of position %d, but the last position is %d", s.Position, m.last)
	}
	if m.snapshot != nil && m.snapshot.Position > s.Position {
		return fmt.Errorf("putting a snapshot of position %d over one of %d: %w", s.Position, m.snapshot.Position, ErrConflict)
	}
	// Dropped first: a full journal is made room in by its next snapshot.
	m.entries = slices.Clone(m.entries[m.indexLocked(s.Position):])
	for version, p := range m.plans {
		if !p.fresh && !slices.Contains(keep, version) {
			delete(m.plans, version)
		}
		p.fresh = false
	}
	m.snapshot = &Snapshot{Position: s.Position, Body: slices.Clone(s.Body)}
	return nil
}

// Snapshot implements Journal.
func (m *Memory) Snapshot(context.Context) (Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot == nil {
		return Snapshot{}, fmt.Errorf("snapshot: %w", ErrNotFound)
	}
	return Snapshot{Position: m.snapshot.Position, Body: slices.Clone(m.snapshot.Body)}, nil
}

// indexLocked is that of the first entry after a position.
func (m *Memory) indexLocked(after uint64) int {
	return sort.Search(len(m.entries), func(i int) bool { return m.entries[i].position > after })
}

func (m *Memory) roomLocked(need int) error {
	if m.opts.Limit == 0 {
		return nil
	}
	used := 0
	for _, e := range m.entries {
		used += len(e.body)
	}
	for _, p := range m.plans {
		used += len(p.body)
	}
	if m.snapshot != nil {
		used += len(m.snapshot.Body)
	}
	if used+need > m.opts.Limit {
		return fmt.Errorf("%d bytes of %d are in use, %d more do not fit: %w", used, m.opts.Limit, need, ErrFull)
	}
	return nil
}
