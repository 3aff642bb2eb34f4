// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Engine is the state of one namespace. It belongs to one goroutine.
type Engine struct {
	seq uint64
	// last is the time of the last event, clock the latest time that Step was given: it never goes back.
	last, clock event.Instant

	plan    *plan.Plan
	version string

	items       map[string]*item
	agents      map[string]*agent
	intakes     memory[intake]
	endedOffers memory[endedOffer]
	closed      memory[closedItem]
	deliveries  map[string]delivery

	// What follows from the state above.
	queues        map[string]*queue
	consults      map[string]*item // the live ones
	conversations map[conversationKey]*item
	records       map[recordKey]*item
	images        images
	definitions   map[string]*plan.Workstream // of the plan, as far as items are routed by them
	skillIDs      skillIDs
	demands       demands
	skillNames    map[string]string // of their attributes
	joinedSkills  map[string]string // by themselves: the same for all items that need the same
	attributes    rule.Attributes   // of the item that is being classified
	described     *item             // whose attributes they are; nil of none
	lastItem      *item             // that an event was about
	lastAgent     *agent
	spareItems    spares[item]
	spareOffers   spares[offer]
	spareEntries  spares[entry]
	timers        timerHeap
	cools         timerHeap        // cool-offs, apart from the others: they cause no event of their own
	declined      map[string]*item // records that somebody has declined or let expire
	forget        timer
	// caughtUp says that the last step left no timer due.
	caughtUp bool

	// What the current step has still to look at, empty between steps, and its output so far.
	dirtyAgents []*agent
	dirtyItems  []*item
	unsettled   []*agent
	directed    []directed
	tasks       taskHeap
	able        []*agent
	search      search
	out         []event.Recorded
	released    []event.Delivery
	err         error
}

// Output is what a step caused. It is read-only, and the list of events is good until the next step only: the events
// themselves stay as they are. Every event must be durable before any delivery is released.
//
// An output must fit into one entry of the journal, and after a long stop any number of timers is due. So Tick and
// DisconnectAll fire a bounded number of them and leave the rest due: Wake then still is not after now. Whoever steps
// makes the output durable and sends Tick again, until Wake is after now, and only then other commands. Any other command
// fires all that is due, whatever it comes to, so that it never meets the world of before: an offer that has expired
// cannot be accepted.
type Output struct {
	Result     event.Result
	Events     []event.Recorded
	Deliveries []event.Delivery
}

// New returns the engine of a namespace in which nothing has happened.
func New() *Engine {
	return &Engine{
		items:         make(map[string]*item),
		agents:        make(map[string]*agent),
		deliveries:    make(map[string]delivery),
		queues:        make(map[string]*queue),
		consults:      make(map[string]*item),
		conversations: make(map[conversationKey]*item),
		records:       make(map[recordKey]*item),
		declined:      make(map[string]*item),
		definitions:   make(map[string]*plan.Workstream),
		skillIDs:      make(skillIDs),
		skillNames:    make(map[string]string),
		joinedSkills:  make(map[string]string),
		attributes:    make(rule.Attributes),
		forget:        timer{kind: forgetTimer},
	}
}

// Step decides what cmd causes at that moment. The state has been advanced when it returns. Timers that are due fire
// before the command, so that it meets the world as it is now; Output says when that is not all of them. A time before one
// given earlier counts as that one. The error means a bug in the caller, and that the command was not carried out; timers
// may have fired all the same, so the events count. Refusals are no errors but in the Result.
func (e *Engine) Step(now event.Instant, cmd event.Command) (Output, error) {
	e.clock = max(e.clock, e.last, now)
	e.out, e.released, e.err = cleared(e.out), nil, nil
	var res event.Result
	switch cmd.(type) {
	case event.DisconnectAll:
		// While the process was down nobody could answer an offer: it is revoked, not expired.
		e.disconnectAll()
		e.fire(maxFired)
	case event.Tick:
		e.fire(maxFired)
	default:
		e.fire(math.MaxInt)
		res = e.decide(clean(cmd))
		e.fire(maxFired) // what it made due, such as a plan with shorter times
	}
	e.settle()
	e.assign()
	e.reuse()
	return Output{Result: res, Events: e.out, Deliveries: e.released}, e.err
}

// cleared is the list of the events of the step before, empty. It need not grow anew each time; one that was very long is
// not kept.
func cleared(list []event.Recorded) []event.Recorded {
	const many = 1024
	if cap(list) > many {
		return nil
	}
	clear(list)
	return list[:0]
}

// decide carries out one command.
func (e *Engine) decide(cmd event.Command) event.Result {
	switch c := cmd.(type) {
	case event.ActivatePlan:
		return e.activate(c)
	case event.ConfirmDelivery:
		return e.confirmDelivery(c)
	}
	if e.plan == nil {
		return reject(event.NoPlan, "no plan is active yet")
	}
	switch c := cmd.(type) {
	case event.ReceiveMessage:
		return e.receiveMessage(c)
	case event.LeaveConversation:
		return e.leaveConversation(c)
	case event.DisconnectCustomer:
		return e.disconnectCustomer(c)
	case event.ReconnectCustomer:
		return e.reconnectCustomer(c)
	case event.SubmitRecord:
		return e.submitRecord(c)
	case event.CloseRecord:
		return e.closeRecord(c)
	case event.ConnectAgent:
		return e.connect(c)
	case event.DisconnectAgent:
		return e.disconnect(c)
	case event.SetPresence:
		return e.setPresence(c)
	case event.AssignItem:
		return e.assignItem(c)
	case event.ForceClose:
		return e.forceClose(c)
	default:
		return e.decideForAgent(cmd)
	}
}

func (e *Engine) decideForAgent(cmd event.Command) event.Result {
	switch c := cmd.(type) {
	case event.AcceptOffer:
		return e.acceptOffer(c)
	case event.DeclineOffer:
		return e.declineOffer(c)
	case event.PickItem:
		return e.pickItem(c)
	case event.SendMessage:
		return e.sendMessage(c)
	case event.EndItem:
		return e.endItem(c)
	case event.CloseItem:
		return e.closeItem(c)
	case event.TransferItem:
		return e.transferItem(c)
	case event.RequestConsult:
		return e.requestConsult(c)
	case event.EndConsult:
		return e.endConsultation(c)
	default:
		return e.fail("command %T is not known", cmd)
	}
}

// emit records an event: it gets its place in history and is applied at once.
func (e *Engine) emit(ev event.Event) {
	r := event.Recorded{Seq: e.seq + 1, Time: e.clock, Event: ev}
	e.apply(r)
	e.out = append(e.out, r)
}

// Apply replays an event that an engine recorded. It panics on a history that no engine wrote.
func (e *Engine) Apply(r event.Recorded) {
	e.apply(r)
	e.clock = max(e.clock, e.last)
	e.dropCooled()
	e.clean()
	e.reuse()
	e.caughtUp = false
	e.released = nil
}

// Seq is the number of the last event.
func (e *Engine) Seq() uint64 { return e.seq }

// Plan returns the active plan, or nil.
func (e *Engine) Plan() *plan.Plan { return e.plan }

// PlanVersion returns the active plan's version, or "".
func (e *Engine) PlanVersion() string { return e.version }

// Plans returns the versions of the plans that Restore will ask for. What open items need of earlier plans is part of
// the snapshot.
func (e *Engine) Plans() []string {
	if e.version == "" {
		return nil
	}
	return []string{e.version}
}

// Wake returns when a Tick is wanted, 0 when nothing is due ever.
func (e *Engine) Wake() event.Instant {
	var at event.Instant
	for _, t := range [2]*timer{e.timers.first(), e.cools.first()} {
		if t != nil && (at == 0 || t.at < at) {
			at = t.at
		}
	}
	return at
}

// Deliveries returns all that are outstanding, in the order in which they became so. Those of one conversation must be
// delivered in this order, one after the other.
func (e *Engine) Deliveries() []event.Delivery {
	out := make([]event.Delivery, 0, len(e.deliveries))
	for _, d := range e.deliveriesInOrder() {
		out = append(out, *d.Delivery)
	}
	return out
}

func (e *Engine) deliveriesInOrder() []delivery {
	list := make([]delivery, 0, len(e.deliveries))
	for _, d := range e.deliveries {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b delivery) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}

func (e *Engine) fail(format string, args ...any) event.Result {
	e.err = fmt.Errorf(format, args...)
	return event.Result{}
}

func reject(reason event.RejectionReason, format string, args ...any) event.Result {
	return event.Result{Rejected: &event.Rejection{Reason: reason, Message: fmt.Sprintf(format, args...)}}
}
