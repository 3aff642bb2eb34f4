// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"

	"workstream.dev/operator/internal/event"
)

// crowd has many customers write to a channel, one each, and prints only how many offers that made.
func crowd(s *story, a *args) error {
	channel, n := a.text("channel", "web"), a.number("n", 0)
	if err := a.done(); err != nil {
		return err
	}
	offers := 0
	for range n {
		id := fmt.Sprintf("i%d", s.items+1)
		out, err := s.world.Step(s.now, event.ReceiveMessage{
			Item: id, Conversation: "crowd-" + id, Channel: channel, Message: "m", Text: "hello",
		})
		if err != nil {
			return err
		}
		if out.Result.Item != id {
			return fmt.Errorf("no item %s was opened: %v", id, out.Result.Rejected)
		}
		s.items++
		for _, r := range out.Events {
			if _, ok := r.Event.(event.OfferMade); ok {
				offers++
			}
		}
	}
	fmt.Fprintf(&s.print.out, "%d items, to i%d, and %d offers\n", n, s.items, offers)
	return nil
}
