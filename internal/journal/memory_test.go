// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"testing"

	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/journal/journaltest"
)

func TestMemory(t *testing.T) {
	for name, opts := range map[string]journal.MemoryOptions{
		"without gaps": {},
		"with gaps":    {Gap: 3},
	} {
		t.Run(name, func(t *testing.T) {
			journaltest.Run(t, func(*testing.T) journal.Journal { return journal.NewMemory(opts) })
		})
	}
}

func TestMemoryTooLarge(t *testing.T) {
	journaltest.RunTooLarge(t, journal.NewMemory(journal.MemoryOptions{MaxEntry: 100}), 100)
}

func TestMemoryFull(t *testing.T) {
	journaltest.RunFull(t, journal.NewMemory(journal.MemoryOptions{Limit: 400 << 10}), nil)
}
