// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"testing"
)

// TestStreamResumesAfterARestart stops a distributor in order. An agent who had seen everything has missed what the start
// itself brought, and nothing else; one who had not gets the state anew.
func TestStreamResumesAfterARestart(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	c, s := w.online(a, "ann")
	item := w.say(a, "c-1", "I wait").Item
	made := w.next(s, "offer.made")
	w.do(c, "offers/"+made.Offer+"/accept", nil)
	w.next(s, "item.assigned")
	w.say(a, "other", "for somebody else")
	w.do(c, "offers/"+w.next(s, "offer.made").Offer+"/decline", nil)
	w.next(s, "offer.closed")
	w.say(a, "c-1", "still there")
	last := w.next(s, "message.received")
	// Something happens after the last that ann is told.
	_, err := w.client(a, "sue", "Integration").Record(t.Context(), "cases", "", map[string]any{"id": "CAS-1"})
	check(t, err)
	check(t, a.Stop(context.Background()))

	b := w.start()
	again := w.stream(w.client(b, "ann"), last.Seq)
	if !again.Hello.Resumed {
		t.Errorf("after %d the stream does not resume: %s", last.Seq, again.Hello.Raw)
	}
	if e := w.next(again, "presence.changed"); e.Seq <= last.Seq {
		t.Errorf("the first that is new has sequence %d, after %d", e.Seq, last.Seq)
	}
	if early := w.stream(w.client(b, "ann"), made.Seq); early.Hello.Resumed {
		t.Errorf("after %d something was missed that is not kept, but the stream resumes", made.Seq)
	}
	it, err := w.client(b, "sue", "Supervisor").Item(t.Context(), item)
	check(t, err)
	if it.Agent != "ann" {
		t.Errorf("the item is with %q", it.Agent)
	}
}
