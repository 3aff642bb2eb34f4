// SPDX-License-Identifier: Apache-2.0

package event

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files of kinds that have none yet")

var exact = cmp.Comparer(func(a, b rule.Value) bool { return a == b })

// samples have something in every field of every kind.
func samples() []Event {
	candidates := Candidates{
		Method: plan.HighestCapacity, Why: WhyCapacity, Have: 60, Next: 30, Eligible: 2,
		Excluded: []Exclusion{{Agent: "bob", Reason: NoSlot, What: "chat", Have: 1, Need: 2}}, More: 7,
	}
	attributes := rule.Attributes{"context.tier": rule.TextValue("gold <&>"), "context.basket": rule.NumberValue(-0.5)}
	return []Event{
		PlanActivated{Version: "0123456789abcdef"},
		IntakeTaken{Intake: Intake{Scope: "channel/web", Key: "k", Digest: "d"}, Item: "i1", Message: "m1"},
		IntakesForgotten{Before: 1_700_000_000_000_000},
		ItemOpened{
			Item: "i1", Type: plan.Messaging, Workstream: "chat", Channel: "web", Conversation: "c1",
			Customer: Customer{ID: "u1", Name: "Mia"}, Record: "CAS-1", Attributes: attributes,
		},
		ItemUpdated{Item: "i1", Attributes: attributes},
		MessageReceived{Item: "i1", Message: "m1", Position: 1, Text: "héllo \u2028 \"x\""},
		MessageSent{Item: "i1", Agent: "ann", Message: "1", Position: 2, Text: "hi", Internal: true, Delivery: "i1-m2"},
		DeliveryDone{Delivery: "i1-m2", Item: "i1", Message: "1"},
		DeliveryGivenUp{Delivery: "i1-m2", Item: "i1", Message: "1", Failure: "410 gone"},
		ItemRouted{
			Item: "i1", Revision: "abcdef0123", Ruleset: "rules", Rule: "rest", Tried: []RuleTried{{Rule: "vip"}, {Rule: "rest", Matched: true}}, More: 7,
			Draw: 42, Queue: "general", Fallback: true, Passed: []QueuePassed{{Rule: "vip", Queue: "vip", On: plan.ItemLimit}},
			Overflow: &Overflowed{Queue: "vip", On: plan.OutOfHours, Action: plan.TransferTo},
		},
		ItemQueued{
			Item: "i1", Queue: "general", Since: 1_700_000_000_000_001, Entered: 1_700_000_000_000_002, Reason: AwaitingAgentAssignment,
		},
		ItemClassified{
			Item: "i1", Revision: "abcdef0123", Rulesets: []RulesetTried{{Ruleset: "vip", Rule: "gold", Tried: 2}, {Ruleset: "skills", Tried: 7}},
			Attributes: attributes, Priority: 10, Skills: []plan.Skill{{Name: "french", Rating: 5}, {Name: "tax"}}, Profiles: []string{"voice"},
		},
		ItemOverflowed{Item: "i1", Overflowed: Overflowed{Queue: "general", On: plan.WaitTime, Action: plan.TransferTo}},
		ItemPromoted{Item: "i1", Queue: "general"},
		CustomerDisconnected{Item: "i1", Until: 1_700_000_000_000_003},
		CustomerReconnected{Item: "i1"},
		ConsultRequested{Consult: "i1-c1", Item: "i1", Agent: "bob", By: "ann", Expires: 1_700_000_000_000_004},
		ConsultJoined{Consult: "i1-c1", Item: "i1", Agent: "bob"},
		ConsultEnded{Consult: "i1-c1", Item: "i1", Agent: "bob", Outcome: ConsultWithdrawn},
		SlotsReset{Agent: "ann"},
		AssignmentDeferred{Item: "i1", Queue: "general", Candidates: candidates},
		OfferMade{
			Offer: "i1-o1", Item: "i1", Agent: "ann", Queue: "general", Expires: 1_700_000_120_000_000, Units: 30,
			Profiles: []string{"chat"}, Via: ViaAffinity, From: "bob", Candidates: candidates,
		},
		OfferClosed{Offer: "i1-o1", Item: "i1", Agent: "ann", Outcome: Revoked, Reason: AgentRemoved},
		ItemAssigned{Item: "i1", Agent: "ann", Offer: "i1-o1", Units: 30, Profiles: []string{"chat"}, How: BySupervisor, By: "sue", Queue: "general", Via: ViaPreferred, Candidates: &candidates},
		ItemReleased{Item: "i1", Agent: "ann", Reason: TransferredToQueue},
		ItemParked{Item: "i1", Agent: "ann"},
		ItemResumed{Item: "i1", Reason: FollowUpDue},
		WrapUpStarted{
			Item: "i1", Agent: "ann", Reason: AgentMovedToWrapUp, Released: true, BlockedUntil: 1_700_000_300_000_000, Delivery: "i1-end",
		},
		WrapUpReleased{Item: "i1", Agent: "ann"},
		ItemClosed{Item: "i1", Agent: "ann", Reason: ForceClosedBySupervisor, By: "sue", Delivery: "i1-end"},
		AgentConnected{Agent: "ann"},
		AgentDisconnected{Agent: "ann"},
		AgentForgotten{Agent: "ann"},
		PresenceChanged{Agent: "ann", Presence: plan.Busy, Name: "Lunch", By: "sue", Cause: CauseComputed},
	}
}

func recorded(events ...Event) []Recorded {
	out := make([]Recorded, len(events))
	for i, ev := range events {
		out[i] = Recorded{Seq: uint64(i) + 1, Time: Instant(i) - 1, Event: ev}
	}
	return out
}

func TestSamplesFillEveryField(t *testing.T) {
	kinds := make(map[string]bool)
	for _, ev := range samples() {
		kinds[KindOf(ev)] = true
		v := reflect.ValueOf(ev)
		for i := range v.NumField() {
			if v.Field(i).IsZero() && v.Type().Field(i).Tag.Get("json") != "-" {
				t.Errorf("%s.%s is empty: its encoding is not held", KindOf(ev), v.Type().Field(i).Name)
			}
		}
	}
	for _, kind := range Kinds() {
		if !kinds[kind] {
			t.Errorf("there is no sample of %s", kind)
		}
	}
}

// TestCodecReadsAllThatWasEverWritten: journals are kept for years, so each kind has a file with the bytes of its
// first day. A file is never changed; -rewrite only adds those of new kinds.
func TestCodecReadsAllThatWasEverWritten(t *testing.T) {
	for _, ev := range samples() {
		kind := KindOf(ev)
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join("testdata", "v1", kind+".json")
			body, err := Encode([]Recorded{{Seq: 7, Time: 1_700_000_000_000_000, Event: ev}})
			if err != nil {
				t.Fatal(err)
			}
			golden, err := os.ReadFile(path)
			if os.IsNotExist(err) && *rewrite {
				golden = append(body, '\n')
				err = os.WriteFile(path, golden, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(golden)), string(body)); diff != "" {
				t.Errorf("it is written otherwise now (-then +now):\n%s", diff)
			}
			got, err := Decode(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Recorded{{Seq: 7, Time: 1_700_000_000_000_000, Event: ev}}, got, exact); diff != "" {
				t.Errorf("it is read otherwise now (-written +read):\n%s", diff)
			}
		})
	}
}

func TestCodecKeepsTheOrderOfEvents(t *testing.T) {
	want := recorded(samples()...)
	body, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, exact); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
	empty, err := Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(empty); err != nil || len(got) != 0 {
		t.Errorf("no events are read as %v, %v", got, err)
	}
}

// The plan itself is kept beside the journal, once, however often it is activated.
func TestCodecLeavesThePlanOut(t *testing.T) {
	body, err := Encode(recorded(PlanActivated{Version: "v", Plan: &plan.Plan{Namespace: "contoso"}}))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "contoso") {
		t.Errorf("the plan is in the entry: %s", body)
	}
}

type unknownEvent struct{ AgentConnected }

func TestEncodeRefuses(t *testing.T) {
	for want, r := range map[string]Recorded{
		"encoding event 3: there is none":                       {Seq: 3},
		`encoding event 4: kind "unknownEvent" is not known`:    {Seq: 4, Event: unknownEvent{}},
		`encoding event 5: kind "" is not known`:                {Seq: 5, Event: &ItemParked{}},
		`encoding event 6: kind "AgentConnected2" is not known`: {Seq: 6, Event: AgentConnected2{}},
	} {
		if _, err := Encode([]Recorded{r}); fmt.Sprint(err) != want {
			t.Errorf("error %q, want %q", fmt.Sprint(err), want)
		}
	}
}

// AgentConnected2 is a kind of a later version.
type AgentConnected2 struct{ AgentConnected }

func TestDecodeRefuses(t *testing.T) {
	for body, want := range map[string]string{
		``:       "decoding events: EOF",
		`{"v":1`: "decoding events: unexpected EOF",
		`{"v":2,"events":[{"s":1,"t":2,"k":"Later","e":{}}]}`: "decoding events: format 2 is not known here, only 1",
		`{}`:                    "decoding events: format 0 is not known here, only 1",
		`{"v":1,"events":[]} x`: "decoding events: there is something behind the end",
		`{"v":1,"entries":[]}`:  `decoding events: json: unknown field "entries"`,
		`{"v":1,"events":[{"s":9,"t":2,"k":"Later","e":{}}]}`:                            `decoding event 9: kind "Later" is not known here`,
		`{"v":1,"events":[{"s":9,"t":2,"k":"ItemParked"}]}`:                              "decoding event 9, ItemParked: it has no content",
		`{"v":1,"events":[{"s":9,"t":2,"k":"ItemParked","e":null}]}`:                     "decoding event 9, ItemParked: it has no content",
		`{"v":1,"events":[{"s":9,"t":2,"k":"ItemParked","e":{"item":"i","x":1}}]}`:       `decoding event 9, ItemParked: json: unknown field "x"`,
		`{"v":1,"events":[{"s":9,"t":2,"k":"ItemParked","e":{"item":1}}]}`:               "decoding event 9, ItemParked: json: cannot unmarshal number into Go struct field ItemParked.item of type string",
		`{"v":1,"events":[{"s":-1,"t":2,"k":"ItemParked","e":{}}]}`:                      "decoding events: json: cannot unmarshal number -1 into Go struct field written.events.s of type uint64",
		`{"v":1,"events":[{"s":1,"t":2,"k":"ItemUpdated","e":{"attributes":{"a":[]}}}]}`: "decoding event 1, ItemUpdated: a value is a text, a number or a boolean, not a list",
	} {
		if _, err := Decode([]byte(body)); fmt.Sprint(err) != want {
			t.Errorf("%s:\nerror %q\n want %q", body, fmt.Sprint(err), want)
		}
	}
}

// FuzzDecode: whatever the bytes, Decode returns an error or events that are written and read back alike.
func FuzzDecode(f *testing.F) {
	for _, ev := range samples() {
		body, err := Encode(recorded(ev))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := Decode(body)
		if err != nil {
			return
		}
		again, err := Encode(events)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(again)
		if err != nil {
			t.Fatalf("what Encode wrote is refused: %v\n%s", err, again)
		}
		third, err := Encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if string(third) != string(again) {
			t.Errorf("-first +second:\n%s", cmp.Diff(string(again), string(third)))
		}
	})
}
