// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

// TestSampler: what was to begin while it was open counts, also when it ends after it; what ends in that time is the throughput.
func TestSampler(t *testing.T) {
	s := &sampler{}
	early := time.Now()
	s.count(early, 1)
	s.set(&s.opened)
	slow, quick := time.Now(), time.Now()
	s.count(slow, 1)
	s.count(quick, 1)
	s.add(whole, early, time.Second)
	s.count(early, -1)
	s.add(whole, quick, time.Millisecond)
	s.count(quick, -1)
	s.set(&s.ended)
	late := time.Now()
	s.count(late, 1)
	s.add(whole, late, time.Second)
	if s.running != 1 || s.lives != 2 {
		t.Errorf("%d are not over, %d ended meanwhile", s.running, s.lives)
	}
	go func() {
		s.add(whole, slow, time.Minute)
		s.count(slow, -1)
	}()
	s.drain()
	if l := latencyOf(s.took[whole]); l.Count != 2 || l.Max != 60_000 || s.failed != nil {
		t.Errorf("%+v, failed %v", l, s.failed)
	}
}

func TestOptions(t *testing.T) {
	good := options{agents: 1, connections: 1, rate: 1, duration: time.Second}
	if err := good.check(nil); err != nil {
		t.Error(err)
	}
	if err := good.check([]string{"x"}); err == nil {
		t.Error("an argument that is no flag is taken")
	}
	for want, change := range map[string]func(*options){
		"-agents 0: want a whole number from 1 to 1000000":                             func(o *options) { o.agents = 0 },
		"-rate -5: want a whole number from 0 to 1000000":                              func(o *options) { o.rate = -5 },
		"-duration 0s: want 100ms at least":                                            func(o *options) { o.duration = 0 },
		"-warm-up -1s: want a duration from 0":                                         func(o *options) { o.warmUp = -time.Second },
		`-items "1,,2": want whole numbers from 1, separated by commas, or nothing`:    func(o *options) { o.items = "1,,2" },
		"-o: there is no folder /nowhere/at/all":                                       func(o *options) { o.out = "/nowhere/at/all/x.json" },
		"there is nothing to measure: want one of -parallel, -rate, -items and -tails": func(o *options) { o.rate = 0 },
	} {
		o := good
		change(&o)
		if err := o.check(nil); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
