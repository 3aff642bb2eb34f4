// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"hash/fnv"
	"math"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Limits that are no setting.
const (
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

	// maxContext is how many context variables an item has, whose names begin with contextRoot.
	maxContext  = 100
	contextRoot = "context."

	defaultQueuePriority = 100
	defaultItemPriority  = 100

	// endOfDays is later than anything.
	endOfDays = event.Instant(math.MaxInt64)

	// maxConsults is how many consultations an item has at a time.
	maxConsults = 5
)

// item is a work item that is not closed. Exported fields are its state; the others follow from it.
type item struct {
	ID           string
	Type         plan.ItemType
	Workstream   string
	Revision     string // that routed it last
	Hours        string `json:",omitempty"` // version of the calendars by which it did
	Channel      string `json:",omitempty"`
	Conversation string `json:",omitempty"`
	Customer     event.Customer
	Record       string `json:",omitempty"`
	// Attributes are all that rules can ask for. They are here only while the item is written to a snapshot or read from
	// one: given has those that were said of it, and the rest follows.
	Attributes rule.Attributes `json:",omitempty"`

	Classified bool         `json:",omitempty"` // since its context or record changed last
	Priority   int32        `json:",omitempty"` // 0 is the default
	Skills     []plan.Skill `json:",omitempty"` // that it needs, by name
	Profiles   []string     `json:",omitempty"` // that it needs besides those of its workstream, sorted

	State   event.State
	Ended   event.Reason  `json:",omitempty"` // why it is in wrap-up
	Touched event.Instant // by customer or agent, for auto-close
	Leaves  event.Instant `json:",omitempty"` // when it ends because the customer's connection is lost

	Queue    string        // the last one
	Queued   bool          `json:",omitempty"` // waits there now
	Stale    bool          `json:",omitempty"` // a record that changed while it was offered: the queue may be another now
	Since    event.Instant // orders the queue
	Entered  event.Instant `json:",omitempty"` // the queue where it waits or out of which it is offered
	Promoted bool          `json:",omitempty"` // in that queue
	dirty    bool
	fresh    bool       // came into its queue in this step
	stale    bool       // its image is not what it is
	Agent    string     `json:",omitempty"` // who has it, Active or in wrap-up
	Last     string     `json:",omitempty"` // who had it last
	Offer    *offer     `json:",omitempty"` // the live one: of one that waited, or while it is Active to whom it is transferred
	Offers   int        `json:",omitempty"` // made so far
	Consults []*consult `json:",omitempty"` // the live ones, in order
	Asked    int        `json:",omitempty"` // consultations so far
	Deferred uint64     `json:",omitempty"` // digest of the last reasons why nobody was offered it

	Position uint64              `json:",omitempty"` // of the last message
	Sent     map[string]uint64   `json:",omitempty"` // agent and message id -> digest of the text
	Declines map[string]*decline `json:",omitempty"` // by agent
	Released event.Instant       `json:",omitempty"` // when it came back from an agent

	given   rule.Attributes // without item.*; it belongs to an event as well, and is replaced, never changed
	created event.Instant
	ws      *plan.Workstream
	line    *line    // where it waits
	skills  string   // those that it needs, with ratings, joined
	never   []string // whom its customer does not want
	slot    int      // its place in images, counted from 1
	node    node[item]

	closing timer
	// Those that few items need are made when they are first set.
	following, promoting, overflowing *timer
	leaving, returning                *timer // of its customer, of its agent
}

// prepare sets what an item has from the beginning.
func (it *item) prepare() {
	it.closing = timer{kind: closeTimer, of: &it.ID}
	it.node.of, it.node.weight = it, weigh(it.ID)
}

type offer struct {
	ID      string
	Agent   string
	Queue   string
	From    string `json:",omitempty"` // who transfers the item
	Expires event.Instant

	expiry timer
}

// consult is a consultation, or a request for one.
type consult struct {
	ID      string
	Agent   string        // who is asked
	Joined  bool          `json:",omitempty"`
	Expires event.Instant // of the request

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
	// PresenceName is that of a presence that is no base presence.
	PresenceName string `json:",omitempty"`
	// Choice is the agent's own, a supervisor's, or follows from an offer not taken: Away, DoNotDisturb and Offline last
	// until it is changed, Available and Busy until the capacity in use changes.
	Choice     plan.Presence `json:",omitempty"`
	ChoiceName string        `json:",omitempty"`
	LostAt     event.Instant `json:",omitempty"`
	// Ledger has an entry for each item that the agent is offered or has, so that what is used is their sum.
	Ledger []*entry `json:",omitempty"` // by item

	LastChange   uint64            `json:",omitempty"`
	LastReleased uint64            `json:",omitempty"`
	LastAssigned map[string]uint64 `json:",omitempty"` // by queue

	def       *plan.Agent // nil when the plan no longer has the agent
	card      match.Agent // what decisions know
	queues    []*queue    // of which it is a member
	seated    []*seat     // its places in pools that are right
	listed    []listed    // its places among the first of queues
	skills    skillSet
	weight    uint32
	moves     uint32           // counts its changes
	used      int64            // units
	counts    []slotCount      // by profile
	consults  map[string]*item // live ones that the agent was asked to, by id
	day       timer
	dirty     bool
	able      bool // may take more than before this step
	reskilled bool // while a plan is taken over: the skills are others
	unsettled bool
}

// effective is the presence that a should have, with its name when it is no base presence.
func (a *agent) effective() (plan.Presence, string) {
	switch {
	case !a.Connected:
		return plan.Offline, ""
	case a.Choice != "":
		return a.Choice, a.ChoiceName
	default:
		return a.computed(), ""
	}
}

// computed is the presence that follows from the capacity in use.
func (a *agent) computed() plan.Presence {
	var l match.Load
	profiles := false
	for i := range a.counts {
		c := &a.counts[i]
		if c.has {
			profiles = true
			l.Dimension(int64(c.limit), int64(c.used), c.blocking)
		} else if c.used > 0 {
			l.Other()
		}
	}
	switch units := int64(a.units()); {
	case units > 0 || !profiles:
		l.Dimension(units, a.used, false)
	case a.used > 0:
		l.Other()
	}
	return l.Presence()
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
	Seq             uint64
	*event.Delivery // as it was handed out: read-only
}

type conversationKey struct{ channel, conversation string }

type recordKey struct{ workstream, record string }

func (it *item) conversationKey() conversationKey {
	return conversationKey{it.Channel, it.Conversation}
}

func (it *item) recordKey() recordKey { return recordKey{it.Workstream, it.Record} }

func intakeKey(i event.Intake) string { return i.Scope + "\x00" + i.Key }

func sentKey(agent, message string) string { return agent + "\x00" + message }

func digestMessage(text string, internal bool) uint64 {
	if internal {
		text += "\x00internal"
	}
	return digestText(text)
}

func digestText(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails
	return h.Sum64()
}

func after(t event.Instant, d time.Duration) event.Instant {
	return t + event.Instant(d.Microseconds())
}

// timeOf is the moment for calendars.
func timeOf(t event.Instant) time.Time { return time.UnixMicro(int64(t)).UTC() }

func instantOf(t time.Time) event.Instant { return event.Instant(t.UnixMicro()) }
