// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Oracle is the state of one namespace.
type Oracle struct {
	// MaxFired is how many timers a Tick fires at most.
	MaxFired int

	seq         uint64
	clock, last event.Instant
	plan        *plan.Plan
	version     string

	items      []*item    // open and closed, in the order in which they came
	agents     []*agent   // by name
	intakes    []taken    // oldest first
	offers     []*offer   // live and ended
	consults   []*consult // live and ended
	deliveries []event.DeliveryDone

	out []event.Recorded
}

type item struct {
	id, workstream, channel, conversation, record string

	kind       plan.ItemType
	ws         *plan.Workstream
	attributes rule.Attributes
	// changed says that what classification looks at is new since the last time.
	classified, changed bool
	priority            int32
	skills              []plan.Skill
	profiles            []string

	state   event.State
	ended   event.Reason // why it is in wrap-up, or closed
	touched event.Instant

	queue          string
	queued         bool
	since, entered event.Instant
	released       event.Instant // by the agent who had it
	promoted       bool
	fresh          bool // it came into a queue in this step
	returns        bool // it came into its queue in this step for a reason for which affinity counts
	prefers        bool // the rules put it into its queue in this step: preferred agents count
	stale          bool

	agent, last string
	offered     int
	consulted   int
	declines    []decline
	sent        []sent
	position    uint64
	deferred    *deferral
	gone        bool // the customer's connection is lost
	goneUntil   event.Instant
	lost        event.Instant // since when the connection of its agent is lost
}

type decline struct {
	agent string
	count int32
	until event.Instant
}

type sent struct {
	agent, message, text string
	internal             bool
}

// deferral is why nobody was offered an item, as it was told last.
type deferral struct {
	queue    string
	excluded []event.Exclusion
	more     int32
}

type offer struct {
	id, item, agent, queue string

	expires  event.Instant
	live     bool
	transfer bool               // the item is Active with another agent meanwhile
	outcome  event.OfferOutcome // empty: accepted
	reason   event.Reason
}

type consult struct {
	id, item, agent string

	expires event.Instant
	joined  bool
	ended   bool
	outcome event.ConsultOutcome
}

// why an entry stands in a ledger.
const (
	forOffer  = "offer"
	forActive = "active"
	forWrapUp = "wrap-up"
	forBlock  = "block" // a wrap-up that outlives its item
	forSlot   = "slot"  // what stays until the end of the day
)

type entry struct {
	item     string
	units    int32
	profiles []string
	why      string
	until    event.Instant // of a wrap-up block
	// kept are the slots that stay until the end of the day, whatever becomes of the item.
	kept      []string
	keptUntil event.Instant
}

type agent struct {
	name      string
	connected bool
	presence  plan.Presence
	shown     string // the name of a presence that is no base presence
	choice    plan.Presence
	choiceAs  string
	lost      event.Instant
	ledger    []*entry // by item

	lastChange, lastReleased uint64

	assigned []assigned
}

type assigned struct {
	queue string
	seq   uint64
}

type taken struct {
	intake        event.Intake
	item, message string
	at            event.Instant
}

// New returns the oracle of a namespace in which nothing has happened.
func New() *Oracle { return &Oracle{MaxFired: 1000} }

// Step does what engine.Step does. It panics where that returns an error.
func (o *Oracle) Step(now event.Instant, cmd event.Command) (event.Result, []event.Recorded) {
	o.clock = max(o.clock, o.last, now)
	o.out = nil
	var res event.Result
	switch c := cmd.(type) {
	case event.Tick:
		o.fire(o.MaxFired)
	case event.DisconnectAll:
		for _, a := range slices.Clone(o.agents) {
			if a.connected {
				o.lose(a)
			}
		}
		o.fire(o.MaxFired)
	default:
		o.fire(1 << 30)
		res = o.decide(readableCommand(c))
		o.fire(o.MaxFired)
	}
	o.settle()
	o.assign()
	for _, it := range o.items {
		it.fresh, it.returns, it.prefers = false, false, false
	}
	return res, o.out
}

// Restart forgets the time that no event tells, as an engine does that starts from its journal.
func (o *Oracle) Restart() { o.clock = o.last }

// log records an event.
func (o *Oracle) log(ev event.Event) {
	o.seq++
	o.last = max(o.last, o.clock)
	o.out = append(o.out, event.Recorded{Seq: o.seq, Time: o.clock, Event: ev})
}

func (o *Oracle) decide(cmd event.Command) event.Result {
	switch c := cmd.(type) {
	case event.ActivatePlan:
		return o.activate(c)
	case event.ConfirmDelivery:
		return o.confirm(c)
	}
	if o.plan == nil {
		return refuse(event.NoPlan)
	}
	switch c := cmd.(type) {
	case event.ReceiveMessage:
		return o.receive(c)
	case event.LeaveConversation:
		return o.leave(c)
	case event.DisconnectCustomer:
		return o.customerGone(c)
	case event.ReconnectCustomer:
		return o.customerBack(c)
	case event.SubmitRecord:
		return o.submit(c)
	case event.CloseRecord:
		return o.closeRecord(c)
	case event.ConnectAgent:
		return o.connect(c)
	case event.DisconnectAgent:
		return o.disconnect(c)
	case event.SetPresence:
		return o.setPresence(c)
	case event.AssignItem:
		return o.assignItem(c)
	case event.ForceClose:
		return o.forceClose(c)
	default:
		return o.work(cmd)
	}
}

func (o *Oracle) work(cmd event.Command) event.Result {
	switch c := cmd.(type) {
	case event.AcceptOffer:
		return o.accept(c)
	case event.DeclineOffer:
		return o.decline(c)
	case event.PickItem:
		return o.pick(c)
	case event.SendMessage:
		return o.send(c)
	case event.EndItem:
		return o.endItem(c)
	case event.CloseItem:
		return o.closeItem(c)
	case event.TransferItem:
		return o.transferItem(c)
	case event.RequestConsult:
		return o.requestConsult(c)
	case event.EndConsult:
		return o.endConsult(c)
	default:
		panic(fmt.Sprintf("oracle: command %T is not known", cmd))
	}
}

// Same returns what is different between two answers of the same step, or "".
func Same(wantResult, gotResult event.Result, want, got []event.Recorded) string {
	if a, b := wantResult.Rejected, gotResult.Rejected; a != nil && b != nil && a.Reason == b.Reason {
		wantResult.Rejected, gotResult.Rejected = nil, nil // in which words is not compared
	}
	if d := cmp.Diff(wantResult, gotResult); d != "" {
		return "the answers differ (-oracle +engine):\n" + d
	}
	if reflect.DeepEqual(want, got) {
		return ""
	}
	options := cmp.Options{
		cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(&plan.Plan{}), cmp.Comparer(func(a, b rule.Value) bool { return a == b }),
	}
	if d := cmp.Diff(want, got, options); d != "" {
		return "the events differ (-oracle +engine):\n" + d
	}
	return ""
}

func refuse(reason event.RejectionReason) event.Result {
	return event.Result{Rejected: &event.Rejection{Reason: reason}}
}

// item returns the last one of that id that is not closed, else one that is, else nil.
func (o *Oracle) item(id string) *item {
	for _, it := range o.items {
		if it.id == id {
			return it
		}
	}
	return nil
}

// open returns the items that are not closed, by id.
func (o *Oracle) open() []*item {
	var list []*item
	for _, it := range o.items {
		if it.state != event.Closed {
			list = append(list, it)
		}
	}
	slices.SortFunc(list, func(a, b *item) int { return strings.Compare(a.id, b.id) })
	return list
}

// agent returns what is known of one, or nil.
func (o *Oracle) agent(name string) *agent {
	for _, a := range o.agents {
		if a.name == name {
			return a
		}
	}
	return nil
}

// liveOffer returns the live offer of an item, or nil.
func (o *Oracle) liveOffer(it *item) *offer {
	for _, of := range o.offers {
		if of.live && of.item == it.id {
			return of
		}
	}
	return nil
}

func after(t event.Instant, d time.Duration) event.Instant {
	return t + event.Instant(d.Microseconds())
}

func union(a, b []string) []string {
	list := append(slices.Clone(a), b...)
	slices.Sort(list)
	if list = slices.Compact(list); len(list) == 0 {
		return nil
	}
	return list
}
