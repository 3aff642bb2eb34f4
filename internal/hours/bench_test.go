// SPDX-License-Identifier: Apache-2.0

package hours_test

import (
	"testing"
	"time"

	"workstream.dev/operator/internal/hours"
)

func BenchmarkNextOpen(b *testing.B) {
	c := compile(b, &hours.Definition{
		Zone:     "Europe/Berlin",
		Weekly:   week("09:00", "17:00", time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday),
		Holidays: closed("2026-12-24", 3),
	})
	for name, at := range map[string]string{"Open": "2026-12-23T12:00:00Z", "OverHolidays": "2026-12-23T18:00:00Z"} {
		b.Run(name, func(b *testing.B) {
			t := instant(b, at)
			for b.Loop() {
				if _, ok := c.NextOpen(t); !ok {
					b.Fatal("never")
				}
			}
		})
	}
}
