// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// refusePick says why an agent may not pick a waiting item, or nil. Presence does not matter: whoever picks is there. An
// item of a Push workstream that allows it may be picked whatever the agent's capacity.
func (e *Engine) refusePick(it *item, a *agent) *event.Result {
	fromPush := it.ws.Mode == plan.Push
	var res event.Result
	switch {
	case it.State == event.Waiting && it.Last == a.Name:
		return refuseToResume(it, a)
	case fromPush && !it.ws.PickFromPush:
		res = reject(event.ItemNotPickable, "item %s is of a Push workstream: it is offered, not picked", it.ID)
	case !it.Queued:
		res = wrongState(it, "only an item that waits in a queue can be picked")
	case !a.isMember(it.Queue):
		res = reject(event.NotAQueueMember, "item %s waits in queue %q, of which you are no member", it.ID, it.Queue)
	default:
		return e.refuseToPick(it, a, fromPush)
	}
	return &res
}

// refuseToResume says why an agent may not take up again what waits for its customer. Like what a customer's return brings back
// to them it is theirs whatever their capacity.
func refuseToResume(it *item, a *agent) *event.Result {
	if !it.past(a).Never {
		return nil
	}
	res := neverServes(it)
	return &res
}

func neverServes(it *item) event.Result {
	return reject(event.AgentExcluded, "the customer of item %s is not to be served by you", it.ID)
}

func (e *Engine) refuseToPick(it *item, a *agent, whateverCapacity bool) *event.Result {
	n, p := e.needOf(it, it.line.queue), it.past(a)
	reason := n.ExcludePick(&a.card, p, whateverCapacity)
	if reason == "" {
		return nil
	}
	x := n.Exclusion(&a.card, p, reason)
	var res event.Result
	switch reason {
	case event.NoCapacity:
		res = reject(event.InsufficientCapacity, "item %s needs %d units, and you have %d free", it.ID, x.Need, x.Have)
	case event.NoSlot, event.Blocked:
		res = reject(event.InsufficientCapacity, "item %s needs a slot of capacity profile %q, and you have %d free", it.ID, x.What, x.Have)
		if reason == event.Blocked {
			res = reject(event.InsufficientCapacity, "capacity profile %q is exhausted and keeps further work from you", x.What)
		}
	case event.NeverForCustomer:
		res = neverServes(it)
	default: // skills
		res = reject(event.SkillRequired, "item %s needs the skill %q with rating %d or more", it.ID, x.What, x.Need)
	}
	return &res
}
