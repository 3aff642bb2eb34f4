// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

// teller prints the story, a line each step.
type teller struct{ start time.Time }

func (t *teller) chapter(title string) { fmt.Printf("\n%s\n", title) }

// step prints who did what.
func (t *teller) step(who, format string, args ...any) {
	fmt.Printf("  %6.2fs  %-12s %s\n", time.Since(t.start).Seconds(), who, fmt.Sprintf(format, args...))
}

// line prints without time.
func (t *teller) line(format string, args ...any) { fmt.Printf("  "+format+"\n", args...) }
