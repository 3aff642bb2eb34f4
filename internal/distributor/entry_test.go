// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
)

func TestEntryIsReadAsItWasWritten(t *testing.T) {
	for name, n := range map[string]int{"small": 1, "large": 20_000} {
		t.Run(name, func(t *testing.T) {
			var events []event.Recorded
			for i := range n {
				events = append(events, event.Recorded{Seq: uint64(i) + 1, Time: 7, Event: event.MessageReceived{
					Item: "i", Message: fmt.Sprint("m", i), Position: uint64(i), Text: strings.Repeat("x", i%50),
				}})
			}
			parts, err := new(entryWriter).parts(events, 0)
			check(t, err)
			if len(parts) != 1 {
				t.Fatalf("%d parts without a limit", len(parts))
			}
			entry := parts[0]
			if small := entry[0] != packed; small != (n == 1) {
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

// texts are events whose content does not compress.
func texts(sizes ...int) []event.Recorded {
	random := rand.New(rand.NewPCG(1, 2))
	var events []event.Recorded
	for i, size := range sizes {
		text := make([]byte, size)
		for j := range text {
			text[j] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[random.IntN(64)]
		}
		events = append(events, event.Recorded{Seq: uint64(i) + 1, Time: 7, Event: event.MessageReceived{Item: "i", Text: string(text)}})
	}
	return events
}

func TestPartsAreReadTogether(t *testing.T) {
	events := texts(4000, 10, 2000, 2000, 2000, 0, 4500)
	parts, err := new(entryWriter).parts(events, 4096)
	check(t, err)
	if len(parts) < 4 {
		t.Fatalf("%d parts", len(parts))
	}
	var r reader
	for i, p := range parts {
		if len(p) > 4096 {
			t.Errorf("part %d has %d bytes", i, len(p))
		}
		got, err := r.read(p)
		check(t, err)
		if i < len(parts)-1 {
			if got != nil {
				t.Errorf("part %d gave %d events", i, len(got))
			}
			continue
		}
		if diff := cmp.Diff(events, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	// A writer that died is followed by one that knew nothing of it.
	other, err := new(entryWriter).parts(texts(5), 4096)
	check(t, err)
	for cut := range parts {
		var r reader
		for _, p := range parts[:cut] {
			_, err := r.read(p)
			check(t, err)
		}
		for _, next := range [][][]byte{other, parts} {
			var got []event.Recorded
			for _, p := range next {
				got, err = r.read(p)
				check(t, err)
			}
			if want := len(texts(5)); len(next) == 1 && len(got) != want || len(next) > 1 && len(got) != len(events) {
				t.Errorf("after %d of the parts: %d events", cut, len(got))
			}
		}
	}
	for name, damaged := range map[string][][]byte{
		"a part is missing":   {parts[0], parts[2]},
		"it begins late":      {parts[1]},
		"the head is cut":     {parts[0][:1]},
		"the body is cut":     {parts[0][:100]},
		"more than there are": {{part, 5, 5}},
	} {
		var r reader
		var err error
		for _, p := range damaged {
			if err == nil {
				_, err = r.read(p)
			}
		}
		if err == nil {
			t.Errorf("%s: it was accepted", name)
		}
	}
}

func TestEventThatNoEntryHolds(t *testing.T) {
	_, err := new(entryWriter).parts(texts(10, 3000, 8000, 10), 4096)
	tooLarge := (*tooLargeError)(nil)
	if !errors.As(err, &tooLarge) || tooLarge.index != 2 || !errors.Is(err, journal.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}
