// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
)

// All other tests rest on CheckInvariants: it must see each thing that can be broken.
func TestCheckInvariantsSeesWhatIsBroken(t *testing.T) {
	for want, corrupt := range engine.Corruptions {
		t.Run(want, func(t *testing.T) {
			e, _ := start(t, `
queue general
queue other
queue cases type=Record
profile calls reset=EndOfDay
workstream chat units=30 fallback=general profiles=(calls)
workstream side units=30 fallback=other
workstream cases type=Record fallback=cases
channel web chat
channel app side
agent ann units=150 queues=(general) profiles=(calls:9)
agent bob queues=(other)
agent cid
`)
			step(t, e, event.ConnectAgent{Agent: "ann"})
			step(t, e, event.ConnectAgent{Agent: "cid"})
			open := func(id, channel string) {
				step(t, e, event.ReceiveMessage{Item: id, Message: "m", Channel: channel, Conversation: "c" + id[1:]})
			}
			for _, id := range []string{"i1", "i5", "i6"} {
				open(id, "web")
				step(t, e, event.AcceptOffer{Agent: "ann", Offer: id + "-o1"})
			}
			step(t, e, event.RequestConsult{Agent: "ann", Item: "i1", To: "cid"})
			step(t, e, event.EndItem{Agent: "ann", Item: "i5"})
			step(t, e, event.CloseItem{Agent: "ann", Item: "i6"})
			open("i2", "web")
			open("i3", "app")
			open("i4", "app")
			step(t, e, event.SubmitRecord{Item: "i7", Workstream: "cases", Record: "r7"})
			if err := e.CheckInvariants(); err != nil {
				t.Fatalf("before: %v", err)
			}
			corrupt(e)
			if err := e.CheckInvariants(); !strings.HasPrefix(fmt.Sprint(err), want) {
				t.Errorf("after: %v", err)
			}
		})
	}
}
