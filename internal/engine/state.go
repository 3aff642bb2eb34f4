// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Limits that are no setting. The inactivity limits are those of Dynamics for asynchronous channels; records never
// close by themselves.
const (
	openLimit   = 30 * 24 * time.Hour
	activeLimit = 30 * 24 * time.Hour
	wrapUpLimit = 24 * time.Hour

	// reconnectGrace is how long a lost connection keeps the presence that the agent had.
	reconnectGrace = 150 * time.Second

	// Intakes are remembered for intakeMemory at least. They are forgotten in batches, one event for a while's worth.
	intakeMemory = 24 * time.Hour
	intakeBatch  = time.Hour

	// rememberEnded is how many offers that ended, and how many closed items, late callers are told about.
	rememberEnded = 10_000

	// maxAttributes is how many names an item collects over all that is said of it, its own item.* included. It is
	// somewhat more than what one intake may bring.
	maxAttributes = 512

	defaultQueuePriority = 100
	defaultItemPriority  = 100

	// endOfDays is later than anything.
	endOfDays = event.Instant(math.MaxInt64)
)

// item is a work item that is not closed. Exported fields are its state; the others follow from it.
type item struct {
	ID           string
	Type         plan.ItemType
	Workstream   string
	Revision     string // that routed it last
	Channel      string `json:",omitempty"`
	Conversation string `json:",omitempty"`
	Customer     event.Customer
	Record       string          `json:",omitempty"`
	Attributes   rule.Attributes `json:",omitempty"` // item.* included

	Classified bool         `json:",omitempty"` // since its context or record changed last
	Priority   int32        `json:",omitempty"` // 0 is the default
	Skills     []plan.Skill `json:",omitempty"` // that it needs, by name
	Profiles   []string     `json:",omitempty"` // that it needs besides those of its workstream, sorted

	State   event.State
	Ended   event.Reason  `json:",omitempty"` // why it is in wrap-up
	Touched event.Instant // by customer or agent, for auto-close

	Queue    string        // the last one
	Queued   bool          `json:",omitempty"` // waits there now
	Stale    bool          `json:",omitempty"` // a record that changed while it was offered: the queue may be another now
	Since    event.Instant // orders the queue
	Entered  event.Instant `json:",omitempty"` // the queue where it waits or out of which it is offered
	Promoted bool          `json:",omitempty"` // in that queue
	Agent    string        `json:",omitempty"` // who has it, Active or in wrap-up
	Last     string        `json:",omitempty"` // who had it last
	Offer    *offer        `json:",omitempty"` // the live one
	Offers   int           `json:",omitempty"` // made so far
	Deferred uint64        `json:",omitempty"` // digest of the last reasons why nobody was offered it

	Position uint64              `json:",omitempty"` // of the last message
	Sent     map[string]uint64   `json:",omitempty"` // agent and message id -> digest of the text
	Declines map[string]*decline `json:",omitempty"` // by agent

	ws    *plan.Workstream
	class class    // follows from ws and what classification gave
	never []string // whom its customer does not want
	node  node[item]
	line  *line // where it waits

	closing, promoting, overflowing timer

	dirty bool
	fresh bool // came into its queue in this step
}

// prepare sets what an item has from the beginning.
func (it *item) prepare() {
	it.closing = timer{kind: closeTimer, item: it.ID}
	it.promoting = timer{kind: promoteTimer, item: it.ID}
	it.overflowing = timer{kind: overflowTimer, item: it.ID}
	it.node.of, it.node.weight = it, weigh(it.ID)
}

type offer struct {
	ID      string
	Agent   string
	Queue   string
	Expires event.Instant

	expiry timer
}

// decline is what one agent did with the offers of one item.
type decline struct {
	Count int32         `json:",omitempty"` // declined; an offer that expired does not count
	Until event.Instant // not offered again before

	cool timer
}

// agent is what is known of an agent besides the plan.
type agent struct {
	Name      string
	Connected bool
	Presence  plan.Presence
	// Choice is the agent's own: Away, DoNotDisturb and Offline until it is changed, Available and Busy until the
	// capacity in use changes.
	Choice plan.Presence `json:",omitempty"`
	LostAt event.Instant `json:",omitempty"`
	// Ledger has an entry for each item that the agent is offered or has, so that what is used is their sum.
	Ledger []*entry `json:",omitempty"` // by item

	LastChange   uint64            `json:",omitempty"`
	LastReleased uint64            `json:",omitempty"`
	LastAssigned map[string]uint64 `json:",omitempty"` // by queue

	def       *plan.Agent // nil when the plan no longer has the agent
	card      match.Agent // what decisions know
	queues    []*queue    // of which it is a member
	seated    []*seat     // its places in pools that are right
	weight    uint32
	used      int64
	dirty     bool
	able      bool // may take more than before this step
	reskilled bool // while a plan is taken over: the skills are others
	unsettled bool
}

// holding is why a ledger has an entry.
type holding string

const (
	holdsOffer  holding = "Offer"
	holdsActive holding = "Active"
	holdsWrapUp holding = "WrapUp"
	holdsBlock  holding = "Block" // a wrap-up block that outlives its item
)

type entry struct {
	Item  string
	Units int32
	Why   holding
	Until event.Instant `json:",omitempty"` // of a wrap-up block

	block timer
}

func (a *agent) entry(item string) *entry {
	if i, ok := a.find(item); ok {
		return a.Ledger[i]
	}
	return nil
}

func (a *agent) find(item string) (int, bool) {
	return slices.BinarySearchFunc(a.Ledger, item, func(e *entry, id string) int { return cmp.Compare(e.Item, id) })
}

func (a *agent) units() int32 {
	if a.def == nil {
		return 0
	}
	return a.def.Units
}

// effective is the presence that a should have.
func (a *agent) effective() plan.Presence {
	switch {
	case !a.Connected:
		return plan.Offline
	case a.Choice != "":
		return a.Choice
	default:
		return match.Computed(a.units(), a.used)
	}
}

// intake is a remembered command from outside, with its answer.
type intake struct {
	Intake  event.Intake
	Item    string
	Message string `json:",omitempty"`
	At      event.Instant
}

// endedOffer is what a late caller is told of an offer. Outcome is empty when it was accepted.
type endedOffer struct {
	Offer   string
	Item    string
	Agent   string
	Outcome event.OfferOutcome `json:",omitempty"`
	Reason  event.Reason       `json:",omitempty"`
}

// closedItem is what a late caller is told of an item.
type closedItem struct {
	Item   string
	Agent  string       `json:",omitempty"` // who had it last
	Reason event.Reason `json:",omitempty"`
}

// delivery is outstanding until it is confirmed.
type delivery struct {
	Seq uint64
	event.Delivery
}

type conversationKey struct{ channel, conversation string }

type recordKey struct{ workstream, record string }

func (it *item) conversationKey() conversationKey {
	return conversationKey{it.Channel, it.Conversation}
}

func (it *item) recordKey() recordKey { return recordKey{it.Workstream, it.Record} }

func intakeKey(i event.Intake) string { return i.Scope + "\x00" + i.Key }

func sentKey(agent, message string) string { return agent + "\x00" + message }

func digestText(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails
	return h.Sum64()
}

func after(t event.Instant, d time.Duration) event.Instant {
	return t + event.Instant(d.Microseconds())
}
