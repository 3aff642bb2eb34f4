// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"testing"
	"time"
)

func TestHeapGrowsByWhatIsAskedFor(t *testing.T) {
	const mb = 1 << 20
	growth := Growth{Cycle: 5 * time.Second, Max: 256 * mb}
	for name, tc := range map[string]struct {
		live, allocated uint64
		took            time.Duration
		want            int
	}{
		"at rest":                      {20 * mb, 20 * mb, 2 * time.Minute, 100},
		"a little to do":               {20 * mb, 20 * mb, 20 * time.Second, 100},
		"busy with a small heap":       {20 * mb, 80 * mb, 10 * time.Second, 200},
		"busy since a moment ago":      {20 * mb, 80 * mb, 10 * time.Millisecond, 400},
		"very busy with a small heap":  {32 * mb, 1024 * mb, growth.Cycle, 800},
		"very busy with a large heap":  {1024 * mb, 1024 * mb, growth.Cycle, 100},
		"nothing was collected so far": {0, mb, time.Second, 100},
	} {
		if got := growth.percentFor(tc.live, tc.allocated, tc.took); got != tc.want {
			t.Errorf("%s: %d percent, want %d", name, got, tc.want)
		}
	}
}

func TestProcessAtRestGivesMemoryBack(t *testing.T) {
	for name, tc := range map[string]struct{ asked, want int }{
		"at rest": {0, usualPercent},
		"busy":    {64 << 20, 400},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pacer{looked: sizesNow().allocated, percent: usualPercent, rest: time.NewTimer(time.Hour)}
			t.Cleanup(p.stop)
			p.setLocked(400)
			garbage = make([]byte, tc.asked)
			p.giveBack()
			if p.percent != tc.want {
				t.Errorf("%d percent, want %d", p.percent, tc.want)
			}
		})
	}
}

// garbage is asked for, and never used.
var garbage []byte

func TestPacerEndsWithTheProcessThatItIsFor(t *testing.T) {
	p := &pacer{percent: usualPercent, rest: time.NewTimer(time.Hour)}
	if !p.adapt() {
		t.Error("it ends by itself")
	}
	p.stop()
	if p.adapt() {
		t.Error("it goes on")
	}
	p.giveBack()
}
