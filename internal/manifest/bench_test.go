// SPDX-License-Identifier: Apache-2.0

package manifest

import "testing"

// BenchmarkSamples reads and checks the samples with definitions that are read anew, as a process does that has just begun.
func BenchmarkSamples(b *testing.B) {
	for b.Loop() {
		definitionsMu.Lock()
		clear(definitions)
		definitionsMu.Unlock()
		if set, problems := Load("../../config/samples"); len(problems) > 0 || len(set.Entries()) == 0 {
			b.Fatal(problems)
		}
	}
}
