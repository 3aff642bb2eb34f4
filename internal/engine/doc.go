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
//	|         |   ^   |  ^                      |         |
//	|         |   |   |  |    OfferClosed:      |         | ItemAssigned
//	|         |   |   |  +--- declined, --------+         | (accepted)
//	|         |   |   |       expired, revoked            |
//	|         |   |   |                                   v
//	|         |   |   |  ItemAssigned                  Active <----+  OfferMade to another agent who accepts, or a
//	|         |   |   +-- (at once, picked, ---------> | | ^ | | --+  supervisor: ItemAssigned (transfer)
//	|         |   |       supervisor)                  | | | | |
//	|         |   +------ ItemReleased ----------------+ | | | |  beside it: ConsultRequested, ConsultJoined,
//	|         |           (to a queue, live chat         | | | |  ConsultEnded of up to five other agents
//	|         |           closed, agent lost or gone)    | | | |
//	|         |                             ItemParked   | | | |
//	|         |                                 +--------+ | | |
//	|         |                                 v          | | |
//	+---------|---------- ItemResumed <---- Waiting -------+ | |  ItemAssigned (taken up again by who had it,
//	          |     (customer, follow-up,       |            | |  or by a supervisor)
//	          |      supervisor)                |            | |
//	          |                                 |            | +--------------------+
//	          | customer left or lost,          |            v  WrapUpStarted       |
//	          | record over, forced, overflow,  | left,    WrapUp                   | forced, or Active
//	          | Open for too long               | forced,    | agent done, forced,  | for too long;
//	          |                                 | Waiting    | agent gone, or       | a record: done, or
//	          |                                 | too long   | after a while        |
//	          v                                 |            |                      | over elsewhere
//	        Closed <----------------------------+------------+----------------------+
//
// # State
//
//	items  by id ---- line of its queue
//	       |    \---- live offer, declines by agent
//	agents by name -- ledger: one entry per item offered, had or wrapped up; used = their sum
//	timers            one indexed heap of the deadlines that cause events
//	cools             one of the cool-offs, which cause none: an agent may be offered an item again
//	intakes, ended offers, closed items: what was answered, for whoever asks again
//
// # Who is offered what
//
// A step costs what it touches. It marks agents who may take more and items newly waiting, and assign looks at nothing
// else: before the step there was nothing to offer. From an agent it finds items, from an item agents, both without
// looking at all of them:
//
//		agent ---- queues ----> queue ---- kinds by skill ------> kind ----> line ----> item, item, item ...
//		  |   of which it is       |       (cost, presences,       |  tree of     tree by priority, arrival, id
//		  |   a member             |       profiles, one skill)    |  lines, by   (promoted ones first)
//		  |                        |                               |  their first
//		  | skills as bits  AND    open: bits of skills with items |  item
//		  |
//		  +-- card: what decisions know of an agent
//		  |
//		  +-- seats in pools <---- pools by what items need <---- queue <---- item
//		                           (skills, profiles), each with
//		                           a tree for each presence:
//
//		           (-free, idle since, name)           The order is that of the queue's method, after the distance of
//		               /            \                  skills where the closest come first. A node knows the most that
//		        most free here   most free here        anybody below has free, so the first who has enough is found by
//		           /    \           /    \             going down once.
//
//	  - Items of a class (all that an agent is compared with) stand in one line, so who cannot take its first does not
//	    look at the rest. Lines of a kind stand in a tree by their first item: an agent walks it until one fits.
//	    Exact skills are part of the class; the kind has the one of them that fewest members have, and an agent looks only
//	    at kinds of skills that it has. What is an item's own, declines and the customer's list, is looked at item by item.
//	  - A pool is made when an item first asks for it and brought up to date when one asks again; until then an agent who
//	    changed is noted once. Few members are compared one by one. A plan that changes the members, their skills or the
//	    method drops the pools of that queue. Who has none of the skills that should be close is found in the pool of all.
//	  - Of an item that waited already only the agents who changed are looked at, and of one that comes behind another of
//	    its class as well: if anybody else could take it, nobody would wait. With everybody busy no pool is asked at all.
//	  - What is told of the first 50 members is kept with the line, and told again while they are as they were.
//
// So with n members and w waiting an arrival costs O(log n + log w), and so does an agent who becomes free, for each of its
// queues; changes of an agent cost O(log n) for each pool that was asked since the last one.
//
// # What the design leaves open
//
//   - Since, which orders a queue, is the time of the customer's message that brought the conversation in: it opened it
//     or called it back. Who writes again while waiting does not lose the place, and a transfer keeps it.
//   - An item waits from its Since, or from when it came back from an agent, whichever is later: the time with an agent brings
//     no promotion.
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
