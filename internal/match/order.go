// SPDX-License-Identifier: Apache-2.0

package match

import (
	"strconv"

	"workstream.dev/operator/internal/plan"
)

// Better reports whether a is to be chosen before b by method m. Ties go to the last field, the name.
func Better(m plan.Method, a, b *Candidate) bool {
	switch m {
	case plan.RoundRobin:
		if a.LastAssigned != b.LastAssigned {
			return a.LastAssigned < b.LastAssigned
		}
	case plan.LeastActive:
		if a.LastReleased != b.LastReleased {
			return a.LastReleased < b.LastReleased
		}
	case plan.HighestCapacity:
		fallthrough
	default:
		if a.Free() != b.Free() {
			return a.Free() > b.Free()
		}
		if a.LastChange != b.LastChange {
			return a.LastChange < b.LastChange
		}
	}
	return a.Name < b.Name
}

// why says what put a before b.
func why(m plan.Method, a, b *Candidate) string {
	switch m {
	case plan.RoundRobin:
		if a.LastAssigned != b.LastAssigned {
			return "longest since an assignment from this queue"
		}
	case plan.LeastActive:
		if a.LastReleased != b.LastReleased {
			return "longest since a release of capacity"
		}
	case plan.HighestCapacity:
		fallthrough
	default:
		if a.Free() != b.Free() {
			return "most free capacity: " + strconv.FormatInt(a.Free(), 10) + ", next " + strconv.FormatInt(b.Free(), 10)
		}
		if a.LastChange != b.LastChange {
			return "longest idle of those with " + strconv.FormatInt(a.Free(), 10) + " free"
		}
	}
	return "first by name among equals"
}
