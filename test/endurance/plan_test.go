// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

const (
	agents     = 500
	skillCount = 40

	chatQueues, smsQueues, socialQueues, caseQueues = 8, 4, 2, 4 // and general, and mail: 20
)

// zones of the agents' days.
var zones = []string{"Europe/Berlin", "America/New_York", "Asia/Tokyo", ""}

// firm is the plan of the centre. It is made anew for each edition, from the same seed but for what the edition changes.
func firm(edition int) (*plan.Plan, error) {
	p := &plan.Plan{
		Namespace:     "endurance",
		Presences:     []plan.CustomPresence{{Name: "Lunch", Base: plan.Away}, {Name: "Training", Base: plan.DoNotDisturb}},
		PresenceRules: plan.PresenceRules{Missed: true},
		Profiles: []plan.Profile{
			{Name: "chats", Reset: plan.Immediate},
			{Name: "visits", Reset: plan.EndOfDay},
			{Name: "audit", Reset: plan.Immediate, Blocking: true},
		},
		Calendars: []plan.Calendar{
			{Name: "day", Definition: hours.Definition{Zone: "Europe/Berlin", Weekly: weekly(time.Monday, time.Friday, 8*60, 20*60)}},
			{Name: "late", Definition: hours.Definition{
				Zone: "America/New_York", Weekly: weekly(time.Monday, time.Saturday, 12*60, 26*60), Holidays: []hours.Holiday{{Date: "2026-01-19"}},
			}},
		},
	}
	p.Queues = firmQueues()
	p.Agents = firmAgents(edition)
	p.Workstreams = firmWorkstreams(edition)
	for i := range p.Workstreams {
		w := &p.Workstreams[i]
		if err := w.SetRevision(); err != nil {
			return nil, err
		}
		if w.Type == plan.Messaging {
			p.Channels = append(p.Channels, plan.Channel{
				Name: w.Name, Workstream: w.Name, Type: "Custom", Custom: &plan.Custom{Address: w.Name, CallbackURL: "https://customers.example"},
			})
		}
	}
	return p, nil
}

func weekly(first, last time.Weekday, from, to int32) []hours.Interval {
	var out []hours.Interval
	for d := first; d <= last; d++ {
		out = append(out, hours.Interval{Day: d, From: from, To: to})
	}
	return out
}

func firmQueues() []plan.Queue {
	methods := []plan.Method{plan.HighestCapacity, plan.RoundRobin, plan.LeastActive}
	var out []plan.Queue
	add := func(q plan.Queue) {
		q.Method = methods[len(out)%len(methods)]
		out = append(out, q)
	}
	for i := range chatQueues {
		q := plan.Queue{Name: fmt.Sprintf("chat-%d", i), Type: plan.Messaging, Priority: int32(10 + 10*(i%2)), PromoteAfter: 3 * time.Minute}
		q.Overflow = []plan.Overflow{
			{On: plan.ItemLimit, Limit: 25, Action: plan.TransferTo, Queue: "general"},
			{On: plan.WaitTime, After: 5 * time.Minute, Action: plan.TransferTo, Queue: "general"},
		}
		switch i {
		case 0:
			q.Hours = "day"
			q.Overflow = append(q.Overflow, plan.Overflow{On: plan.OutOfHours, Action: plan.EndItem})
		case 1:
			q.Hours = "late"
			q.Overflow = append(q.Overflow, plan.Overflow{On: plan.OutOfHours, Action: plan.TransferTo, Queue: "general"})
		case 2:
			q.Overflow = []plan.Overflow{{On: plan.WaitTime, After: 4 * time.Minute, Action: plan.EndItem}}
		}
		add(q)
	}
	for i := range smsQueues {
		add(plan.Queue{Name: fmt.Sprintf("sms-%d", i), Type: plan.Messaging, Priority: 30, PromoteAfter: time.Hour, Hours: []string{"", "day"}[i%2]})
	}
	for i := range socialQueues {
		add(plan.Queue{Name: fmt.Sprintf("social-%d", i), Type: plan.Messaging, Priority: 40})
	}
	for i := range caseQueues {
		q := plan.Queue{Name: fmt.Sprintf("cases-%d", i), Type: plan.Record, Priority: 50, PromoteAfter: 4 * time.Hour}
		if i == 0 {
			q.Overflow = []plan.Overflow{{On: plan.WaitTime, After: 2 * time.Hour, Action: plan.TransferTo, Queue: "cases-1"}}
		}
		add(q)
	}
	add(plan.Queue{Name: "general", Type: plan.Messaging, Priority: 20, PromoteAfter: 2 * time.Minute})
	add(plan.Queue{Name: "mail", Type: plan.Messaging, Priority: 100})
	return out
}

// queueNames are the queues of a kind of item; topic t is of the queue t modulo their number.
func queueNames(kind string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s-%d", kind, i))
	}
	return out
}

func skill(topic int) string { return fmt.Sprintf("s%02d", topic) }

func firmAgents(edition int) []plan.Agent {
	var out []plan.Agent
	for i := range agents {
		r := rand.New(rand.NewPCG(uint64(i), 77))
		a := plan.Agent{
			Name: fmt.Sprintf("a%03d", i), DisplayName: fmt.Sprintf("Agent %d", i), Subject: fmt.Sprintf("a%03d", i),
			Roles: []plan.Role{plan.RoleAgent}, Units: []int32{80, 100, 100, 120}[r.IntN(4)], Zone: zones[r.IntN(len(zones))],
			Profiles: []plan.AgentProfile{{Name: "chats", Limit: int32(1 + r.IntN(3))}, {Name: "visits", Limit: 4}},
			Queues:   []string{"general", "mail"},
		}
		if i%5 == 0 {
			a.Profiles = append(a.Profiles, plan.AgentProfile{Name: "audit", Limit: 1})
		}
		a.Queues = append(a.Queues, queueNames("chat", chatQueues)[i%chatQueues], queueNames("chat", chatQueues)[(i/7)%chatQueues],
			queueNames("sms", smsQueues)[(i/3)%smsQueues], queueNames("social", socialQueues)[i%socialQueues],
			queueNames("cases", caseQueues)[(i/5)%caseQueues])
		slices.Sort(a.Queues)
		a.Queues = slices.Compact(a.Queues)
		// The topics that somebody of these queues is asked about: half of all, those of an agent's own number well.
		for t := range skillCount {
			if t%8 == i%8 || t%8 == (i/7)%8 || r.IntN(4) == 0 {
				a.Skills = append(a.Skills, plan.Skill{Name: skill(t), Rating: int32(3 + r.IntN(8))})
			}
		}
		// Each edition: some learn, some work less, and one is away for as long as it stands.
		if edition > 0 {
			if (i+edition)%17 == 0 && len(a.Skills) > 0 {
				a.Skills[edition%len(a.Skills)].Rating = 10
			}
			if (i+edition)%29 == 0 {
				a.Units -= 20
			}
			if (i+edition)%101 == 0 {
				continue
			}
		}
		out = append(out, a)
	}
	return out
}

func firmWorkstreams(edition int) []plan.Workstream {
	both := []plan.Presence{plan.Available, plan.Busy}
	offer := plan.Offer{Timeout: 30 * time.Second, ReofferAfter: 90 * time.Second, MaxDeclines: 3}
	chat := plan.Workstream{
		Name: "chat", Type: plan.Messaging, ChannelType: plan.LiveChat, Mode: plan.Push, PickFromPush: true, Units: 30, Profiles: []string{"chats"},
		AllowedPresences: both, Offer: offer, WrapUp: plan.WrapUp{Block: plan.BlockCustom, For: 45 * time.Second},
		Lifecycle: plan.DefaultLifecycle(plan.Messaging, plan.LiveChat, 0), Routing: byTopic("chat", chatQueues),
	}
	chat.Classification = []plan.Classification{needs("topics", "context.topic", 1, 4), vip()}
	sms := plan.Workstream{
		Name: "sms", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 15, AllowedPresences: both,
		SkillMatching: plan.SkillsClosest, Offer: offer, WrapUp: plan.WrapUp{Block: plan.BlockAlways},
		Affinity:  plan.Affinity{Enabled: true, RespectPresence: edition%2 == 0, RespectCapacity: true},
		Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", 12*time.Hour), Routing: byTopic("sms", smsQueues),
	}
	sms.Lifecycle.FollowUp = 9 * time.Hour
	sms.Classification = []plan.Classification{needs("topics", "context.topic", 2, 5)}
	social := plan.Workstream{
		Name: "social", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 5, AllowedPresences: both,
		SkillMatching: plan.SkillsNone, Offer: plan.Offer{Presentation: plan.AutoAccept, Timeout: time.Minute},
		WrapUp: plan.WrapUp{Block: plan.BlockNever}, Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", 4*time.Hour),
		Routing: byTopic("social", socialQueues),
	}
	cases := plan.Workstream{
		Name: "cases", Type: plan.Record, RecordType: "case", Mode: plan.Push, Units: 40, AllowedPresences: both,
		Offer:   plan.Offer{Presentation: plan.PromptNoDecline, Timeout: time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 2},
		Routing: byTopic("cases", caseQueues),
	}
	cases.Classification = []plan.Classification{needs("topics", "record.topic", 1, 3), {Ruleset: "kinds", Rules: []plan.ClassificationRule{
		{Name: "visit", When: equal("record.kind", "visit"), Profiles: []string{"visits"}, Priority: 20},
		{Name: "audit", When: equal("record.kind", "audit"), Profiles: []string{"audit"}, Priority: 10},
	}}}
	mail := plan.Workstream{
		Name: "mail", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Pick, Units: 20, AllowedPresences: both,
		WrapUp: plan.WrapUp{Block: plan.BlockNever}, Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", 6*time.Hour),
		Routing: plan.Routing{Fallback: "mail"},
	}
	for _, w := range []*plan.Workstream{&chat, &sms, &social, &mail} {
		w.Variables = []plan.Variable{{Name: "tier", Kind: rule.Text}, {Name: "topic", Kind: rule.Number}}
	}
	return []plan.Workstream{chat, sms, social, cases, mail}
}

func equal(attribute, value string) *rule.Condition {
	return &rule.Condition{Attribute: attribute, Operator: rule.Equal, Values: []string{value}}
}

// needs gives an item of a topic the skill of that topic, the rating between least and most.
func needs(name, attribute string, least, most int32) plan.Classification {
	c := plan.Classification{Ruleset: name}
	for t := range skillCount {
		c.Rules = append(c.Rules, plan.ClassificationRule{
			Name: skill(t), When: equal(attribute, strconv.Itoa(t)),
			Skills: []plan.Skill{{Name: skill(t), Rating: least + int32(t)%(most-least+1)}},
		})
	}
	return c
}

func vip() plan.Classification {
	return plan.Classification{Ruleset: "tiers", Rules: []plan.ClassificationRule{
		{Name: "gold", When: equal("context.tier", "gold"), Priority: 10},
		{Name: "silver", When: equal("context.tier", "silver"), Priority: 50},
	}}
}

// byTopic routes topics to the queues of a kind in turn, what has none by a split.
func byTopic(kind string, n int) plan.Routing {
	attribute := "context.topic"
	if kind == "cases" {
		attribute = "record.topic"
	}
	names := queueNames(kind, n)
	r := plan.Routing{Ruleset: kind, Fallback: names[n-1]}
	for i, q := range names {
		var topics []string
		for t := i; t < skillCount; t += n {
			topics = append(topics, strconv.Itoa(t))
		}
		r.Rules = append(r.Rules, plan.Rule{
			Name:  q,
			When:  &rule.Condition{Attribute: attribute, Operator: rule.Equal, Values: topics},
			Split: []plan.Target{{Queue: q, Percent: 100}},
		})
	}
	r.Rules = append(r.Rules, plan.Rule{Name: "others", Split: []plan.Target{{Queue: names[0], Percent: 40}, {Queue: names[1], Percent: 60}}})
	return r
}
