// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// commands read the engine's commands. Items are i1, i2, ... in the order in which they are opened.
var commands = map[string]func(*story, *args) event.Command{
	"message": func(s *story, a *args) event.Command {
		c := event.ReceiveMessage{
			Item: fmt.Sprintf("i%d", s.items+1), Conversation: a.word(), Channel: a.text("channel", "web"),
			Message: a.text("id", "m"), Text: a.text("text", "hello"),
		}
		c.Intake = intake(a, "channel/"+c.Channel)
		c.Customer.ID = a.text("customer", "")
		c.Attributes = a.attributes()
		return c
	},
	"leave": func(_ *story, a *args) event.Command {
		c := event.LeaveConversation{Conversation: a.word(), Channel: a.text("channel", "web")}
		c.Intake = intake(a, "channel/"+c.Channel)
		return c
	},
	"disconnect-customer": func(_ *story, a *args) event.Command {
		c := event.DisconnectCustomer{Conversation: a.word(), Channel: a.text("channel", "web")}
		c.Intake = intake(a, "channel/"+c.Channel)
		return c
	},
	"reconnect-customer": func(_ *story, a *args) event.Command {
		c := event.ReconnectCustomer{Conversation: a.word(), Channel: a.text("channel", "web")}
		c.Intake = intake(a, "channel/"+c.Channel)
		return c
	},
	"record": func(s *story, a *args) event.Command {
		c := event.SubmitRecord{
			Item: fmt.Sprintf("i%d", s.items+1), Record: a.word(), Workstream: a.text("workstream", "cases"),
		}
		c.Intake = intake(a, "workstream/"+c.Workstream)
		c.Attributes = a.attributes()
		return c
	},
	"close-record": func(_ *story, a *args) event.Command {
		c := event.CloseRecord{Integration: "crm", Record: a.word(), Workstream: a.text("workstream", "cases")}
		c.Intake = intake(a, "workstream/"+c.Workstream)
		return c
	},
	"connect":        func(_ *story, a *args) event.Command { return event.ConnectAgent{Agent: a.word()} },
	"disconnect":     func(_ *story, a *args) event.Command { return event.DisconnectAgent{Agent: a.word()} },
	"disconnect-all": func(*story, *args) event.Command { return event.DisconnectAll{} },
	"presence": func(_ *story, a *args) event.Command {
		return event.SetPresence{Agent: a.word(), Presence: plan.Presence(a.word()), Supervisor: a.text("by", "")}
	},
	"accept":  func(_ *story, a *args) event.Command { return event.AcceptOffer{Agent: a.word(), Offer: a.word()} },
	"decline": func(_ *story, a *args) event.Command { return event.DeclineOffer{Agent: a.word(), Offer: a.word()} },
	"pick":    func(_ *story, a *args) event.Command { return event.PickItem{Agent: a.word(), Item: a.word()} },
	"send": func(_ *story, a *args) event.Command {
		return event.SendMessage{
			Internal: a.flag("internal"), Agent: a.word(), Item: a.word(), Message: a.text("id", "1"), Text: a.text("text", "hi"),
		}
	},
	"end":   func(_ *story, a *args) event.Command { return event.EndItem{Agent: a.word(), Item: a.word()} },
	"close": func(_ *story, a *args) event.Command { return event.CloseItem{Agent: a.word(), Item: a.word()} },
	// transfer AGENT ITEM QUEUE, or to=AGENT.
	"transfer": func(_ *story, a *args) event.Command {
		c := event.TransferItem{Agent: a.word(), Item: a.word(), To: a.text("to", "")}
		if c.To == "" {
			c.Queue = a.word()
		}
		return c
	},
	"consult": func(_ *story, a *args) event.Command {
		return event.RequestConsult{Agent: a.word(), Item: a.word(), To: a.word()}
	},
	"end-consult": func(_ *story, a *args) event.Command {
		return event.EndConsult{Agent: a.word(), Item: a.word(), Consultant: a.word()}
	},
	// assign ITEM AGENT, or queue=QUEUE.
	"assign": func(_ *story, a *args) event.Command {
		c := event.AssignItem{Supervisor: "sue", Item: a.word(), Queue: a.text("queue", "")}
		if c.Queue == "" {
			c.Agent = a.word()
		}
		return c
	},
	"force-close": func(_ *story, a *args) event.Command { return event.ForceClose{Supervisor: "sue", Item: a.word()} },
	"confirm": func(_ *story, a *args) event.Command {
		return event.ConfirmDelivery{Delivery: a.word(), Failure: a.text("failure", "")}
	},
	"tick": func(*story, *args) event.Command { return event.Tick{} },
}

func intake(a *args, scope string) event.Intake {
	return event.Intake{Scope: scope, Key: a.text("key", ""), Digest: a.text("digest", "")}
}
