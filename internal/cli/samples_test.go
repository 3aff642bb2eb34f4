// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// TestSamplesOfEachType: nothing is wrong with the set of a workstream type, its rules do what their tests say, and an item
// that comes to it comes to its agent.
func TestSamplesOfEachType(t *testing.T) {
	message := map[string]any{"text": "hello"}
	for folder, tc := range map[string]struct {
		tests string // what test says at its end
		come  func(t *testing.T, d *desk) (apiclient.Answer, error)
		queue string
		pick  bool // instead of an offer
	}{
		"messaging-push": {
			tests: "4 tests: 4 passed", queue: "chat-billing",
			come: func(t *testing.T, d *desk) (apiclient.Answer, error) {
				t.Helper()
				return d.webhook("web").Message(t.Context(), apiclient.Inbound{
					Conversation: "c1", Message: message, Context: map[string]any{"topic": "invoice"},
				})
			},
		},
		"messaging-pick": {
			tests: "2 tests: 2 passed", queue: "mailbox-france", pick: true,
			come: func(t *testing.T, d *desk) (apiclient.Answer, error) {
				t.Helper()
				return d.webhook("mailbox").Message(t.Context(), apiclient.Inbound{
					Conversation: "c1", Message: message, Context: map[string]any{"country": "FR"},
				})
			},
		},
		"record": {
			tests: "3 tests: 3 passed", queue: "claims-urgent",
			come: func(t *testing.T, d *desk) (apiclient.Answer, error) {
				t.Helper()
				return d.as("integration").Record(t.Context(), "claims", "", map[string]any{
					"id": "CLM-1", "attributes": map[string]any{"amount": 12000},
				})
			},
		},
	} {
		t.Run(folder, func(t *testing.T) {
			files := "../../config/samples/" + folder
			if code, out, errOut := once(t, "lint", "-f", files); code != 0 || !strings.Contains(out, " 0 errors, 0 warnings") {
				t.Errorf("lint: exit %d\n%s%s", code, out, errOut)
			}
			if code, out, errOut := once(t, "test", "-f", files); code != 0 || !strings.Contains(out, tc.tests) {
				t.Errorf("test: exit %d, want %s\n%s%s", code, tc.tests, out, errOut)
			}
			d := &desk{files: files, data: filepath.Join(t.TempDir(), "data")}
			d.serve(t)
			ann := d.as("agents/ann")
			stream, err := ann.Stream(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			item, err := tc.come(t, d)
			err = cmp.Or(err, ann.SetPresence(t.Context(), "Available"))
			if err != nil {
				t.Fatal(err)
			}
			take := "items/" + item.Item + "/pick"
			if !tc.pick {
				take = "offers/" + offerOf(t, stream, item.Item) + "/accept"
			}
			if _, err := ann.Do(t.Context(), take, nil); err != nil {
				t.Fatalf("%s: %v", take, err)
			}
			it, err := ann.Item(t.Context(), item.Item)
			if err != nil || it.Agent != "ann" || it.State != "Active" || it.Queue != tc.queue {
				t.Errorf("the item is %+v, %v; want it Active with ann, from %s", it, err, tc.queue)
			}
		})
	}
}

// offerOf waits until an item is offered, and returns the offer.
func offerOf(t *testing.T, stream *apiclient.Stream, item string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		e, err := stream.Next(ctx, "offer.made")
		if err != nil {
			t.Fatalf("%s is not offered: %v", item, err)
		}
		if e.Item == item {
			return e.Offer
		}
	}
}
