// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
)

func TestEntryIsReadAsItWasWritten(t *testing.T) {
	for name, n := range map[string]int{"small": 1, "large": 10_000} {
		t.Run(name, func(t *testing.T) {
			var events []event.Recorded
			for i := range n {
				events = append(events, event.Recorded{Seq: uint64(i) + 1, Time: 7, Event: event.MessageReceived{
					Item: "i", Message: fmt.Sprint("m", i), Position: uint64(i), Text: strings.Repeat("x", i%50),
				}})
			}
			entry, err := encodeEntry(events)
			check(t, err)
			if small := entry[0] == '{'; small != (n == 1) {
				t.Errorf("%d bytes begin with %q", len(entry), entry[0])
			}
			got, err := decodeEntry(entry)
			check(t, err)
			if diff := cmp.Diff(events, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := decodeEntry(entry[:len(entry)/2]); err == nil {
				t.Error("half an entry was accepted")
			}
		})
	}
	if _, err := decodeEntry(nil); err == nil {
		t.Error("an empty entry was accepted")
	}
}
