// SPDX-License-Identifier: Apache-2.0

// Package engine decides how work items reach agents: the state machine of one namespace, a function of its log.
//
// Step takes a command and a time, and returns events. Each event is applied to the state at once, and the next decision
// of the step is made on that. There is no clock, randomness, goroutine or log inside: the events of a journal, applied
// in order, give the same state byte for byte.
//
// The life of an item. Records know Open, Active and Closed only:
//
//	          ItemOpened
//	              |
//	              v            OfferMade
//	+------> Open, queued ------------------> Open, offered
//	|         |   ^   |  ^                      |       |
//	|         |   |   |  |    OfferClosed:      |       | ItemAssigned
//	|         |   |   |  +--- declined, --------+       | (accepted)
//	|         |   |   |       expired, revoked          |
//	|         |   |   |                                 v
//	|         |   |   |  ItemAssigned                 Active <--+  OfferMade to another agent who accepts:
//	|         |   |   +-- (at once, picked, ---------> | | | ---+  ItemAssigned (transfer)
//	|         |   |        supervisor)                 | | |
//	|         |   +------ ItemReleased ----------------+ | |  beside it: ConsultRequested, ConsultJoined,
//	|         |           (to a queue, live chat         | |  ConsultEnded of up to five other agents
//	|         |           closed, agent lost or gone)    | |
//	|         |                                          | |
//	+---------|---------- ItemResumed <-- Waiting <------+ |
//	          |     (customer, follow-up,   |   ItemParked |
//	          |      supervisor)            |              v  WrapUpStarted
//	          | customer left or lost,      |           WrapUp   (a record: ItemClosed)
//	          | forced, overflow, open      | waiting      |
//	          v for too long                v for too long v  agent done, or after a while
//	        Closed <------------------------+--------------+
//
// # State
//
//	items  by id ---- line of its queue (queue -> class -> items by arrival)
//	       |    \---- live offer, declines by agent
//	agents by name -- ledger: one entry per item offered, had or wrapped up; used = their sum
//	timers            one indexed heap of all deadlines
//	intakes, ended offers, closed items: what was answered, for whoever asks again
//
// A queue keeps one line per class, which is mode, cost and allowed presences: all that an agent's state is compared
// with. An agent who becomes able to take something looks at the first item of each line only, and so does not pass by
// those behind an item that is too big. What a step changed is marked (agents who may take more, items newly waiting);
// assign looks at nothing else, because before the step there was nothing to offer.
//
// # What the design leaves open
//
//   - Since, which orders a queue, is the time of the customer's message that brought the conversation in: it opened it
//     or called it back. Who writes again while waiting does not lose the place, and a transfer keeps it.
//   - An expired offer starts the cool-off but is no decline: else an absent agent would lose an item for good.
//   - An offer that is out stands when queue, membership or record change under it; it ends with the item or the agent.
//     A record that changed meanwhile is routed again when the offer is not accepted.
//   - Capacity counts from the revision of the workstream that routed the item last.
//   - What is transferred to an agent holds capacity of both until that agent answers. Who would not take it has not
//     declined the item: nobody cools off.
//   - A slot of a profile that ends with the day is kept from when the item leaves its agent, or no longer blocks as
//     wrap-up, until the agent's next midnight, in the zone of that moment. Coming back earlier the item takes its own slot
//     again, but whether it is offered to that agent is asked of the free ones, as for any other item.
//   - An agent whose connection is lost is missed by what was Active with them at that moment: what a supervisor gives
//     to an absent agent stays there.
//   - Who waits for a lost customer waits for one time, whatever becomes of the conversation: passed on it still ends then.
package engine
