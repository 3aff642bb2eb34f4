// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConversationFromTheWebhookToItsEnd(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	ann, stream := w.online(a, "ann")
	defer stream.Close()

	in := w.say(a, "c-1", "hello?")
	offer := w.next(stream, "offer.made")
	if offer.Item != in.Item {
		t.Fatalf("offered %s, want %s", offer.Item, in.Item)
	}
	w.do(ann, "offers/"+offer.Offer+"/accept", nil)
	w.next(stream, "item.assigned")
	w.say(a, "c-1", "still there?")
	w.next(stream, "message.received")
	w.do(ann, "items/"+in.Item+"/messages", map[string]string{"id": "a1", "text": "yes, speaking"})
	w.next(stream, "message.delivered")
	w.do(ann, "items/"+in.Item+"/end", nil)
	w.next(stream, "item.wrapUp")
	w.do(ann, "items/"+in.Item+"/close", nil)
	w.next(stream, "item.closed")

	got := w.delivered(2)
	if got[0].Data.Message.Text != "yes, speaking" || got[0].Data.Conversation != "c-1" || got[1].Type != "conversation.ended" {
		t.Errorf("delivered %+v", got)
	}
	steps, err := ann.Trace(t.Context(), in.Item)
	check(t, err)
	var names []string
	for _, s := range steps {
		names = append(names, s.Step)
	}
	want := []string{"opened", "routed", "queued", "offered", "assigned", "wrapUp", "closed"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	if !strings.Contains(steps[1].Summary, "rule vip matched (1st of 1), queue vip") {
		t.Errorf("routed: %q", steps[1].Summary)
	}
	messages, err := ann.Messages(t.Context(), in.Item)
	check(t, err)
	if len(messages) != 3 || messages[2].Text != "yes, speaking" || messages[2].Delivery != "delivered" {
		t.Errorf("timeline %+v", messages)
	}
	check(t, a.Stop(context.Background()))
}
