// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

// TestSameAnswers: all decide alike, and some items are matched and others are not.
func TestSameAnswers(t *testing.T) {
	for _, labels := range []bool{true, false} {
		for _, n := range []int{10, 300} {
			s := newRuleset(n, 128, labels, 2)
			first, err := ours(s)
			if err != nil {
				t.Fatal(err)
			}
			want := all(first, len(s.items))
			matched := map[bool]int{}
			for _, rule := range want {
				matched[rule >= 0]++
			}
			if matched[true] == 0 || matched[false] == 0 {
				t.Errorf("%s, %d rules: %d items are matched, %d are not", s.name, n, matched[true], matched[false])
			}
			for _, p := range peers[1:] {
				if !p.typed && !labels {
					continue
				}
				decide, err := p.make(s)
				if err != nil {
					t.Fatalf("%s: %v", p.name, err)
				}
				if err := same(want, decide); err != nil {
					t.Errorf("%s, %s, %d rules: %v", p.name, s.name, n, err)
				}
			}
		}
	}
}
