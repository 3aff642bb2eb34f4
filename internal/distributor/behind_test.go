// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"testing"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
)

// TestWhatIsBehindAFailedAppendIsInTheJournalOnce: what the engine did while an append was under way that then failed is in
// the journal once, and is answered only when it is there.
func TestWhatIsBehindAFailedAppendIsInTheJournalOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		err            error
		written        bool
		open           int // items in the end
		failed, behind error
	}{
		"uncertain, written":     {journal.ErrUncertain, true, 3, ingress.ErrUncertain, nil},
		"uncertain, not written": {journal.ErrUncertain, false, 2, ingress.ErrUncertain, nil},
		"full":                   {journal.ErrFull, false, 1, ingress.ErrFull, ingress.ErrFull},
	} {
		t.Run(name, func(t *testing.T) {
			f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{Gap: 2})}
			r := newRig(t, newWorld(t), f).run()
			r.must(receive("before"))
			f.failWith(tc.err, tc.written, 1)
			hold := make(chan struct{})
			f.mu.Lock()
			f.hold = hold
			f.mu.Unlock()
			failing, behind := r.carriedOut("failing"), r.carriedOut("behind")
			if len(failing)+len(behind) > 0 || r.view.Stats().Items[event.Open] != 1 {
				t.Error("something was let out before it was durable")
			}
			close(hold)
			if a := <-failing; !errors.Is(a.err, tc.failed) {
				t.Errorf("the failed one is answered %v", a.err)
			}
			if a := <-behind; !errors.Is(a.err, tc.behind) || a.err == nil && a.result.Item != "i-behind" {
				t.Errorf("the one behind it is answered %+v, %v", a.result, a.err)
			}
			// Before the stop, which keeps a snapshot: what is in the entries must be what happened.
			other := newRig(t, r.world, f)
			check(t, other.Recover(t.Context()))
			for who, v := range map[string]int{"shown": r.view.Stats().Items[event.Open], "replayed": other.view.Stats().Items[event.Open]} {
				if v != tc.open {
					t.Errorf("%s are %d items, want %d", who, v, tc.open)
				}
			}
			checkReplay(t, r)
		})
	}
}

// carriedOut has a message taken in and returns when the engine has it.
func (r *rig) carriedOut(key string) chan answer {
	r.t.Helper()
	begun, done := make(chan struct{}, 2), make(chan answer, 1)
	go func() {
		result, err := r.DoLate(context.Background(), func() event.Command {
			begun <- struct{}{}
			return receive(key)
		})
		done <- answer{result, err}
	}()
	<-begun
	return done
}
