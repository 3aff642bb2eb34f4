// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"encoding/hex"
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
		Excluded: []*Exclusion{{Agent: "bob", Reason: NoSlot, What: "chat", Have: 1, Need: 2}}, More: 7,
	}
	attributes := rule.Attributes{"context.tier": rule.TextValue("gold <&>"), "context.basket": rule.NumberValue(-0.5)}
	return []Event{
		PlanActivated{Version: "0123456789abcdef"},
		IntakeTaken{Intake: Intake{Scope: "channel/web", Key: "k", Digest: "d"}, Item: "i1", Message: "m1"},
		IntakesForgotten{Before: 1_700_000_000_000_000},
		ItemOpened{
			Item: "i1", Type: plan.Messaging, Workstream: "chat", Channel: "web", Conversation: "c1",
			Customer: Customer{ID: "u1", Name: "Mia"}, Record: "CAS-1", Attributes: attributes, LeftOut: leftOut,
		},
		ItemUpdated{Item: "i1", Attributes: attributes, LeftOut: leftOut},
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

var leftOut = []LeftOut{{Name: "context.basket", Reason: WrongType}, {Name: "context.note", Reason: TooLong}}

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
			path := filepath.Join("testdata", "v2", kind+".hex")
			body, err := Encode([]Recorded{{Seq: 7, Time: 1_700_000_000_000_000, Event: ev}})
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if os.IsNotExist(err) && *rewrite {
				text = []byte(hex.Dump(body))
				err = os.WriteFile(path, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text), hex.Dump(body)); diff != "" {
				t.Errorf("it is written otherwise now (-then +now):\n%s", diff)
			}
			got, err := Decode(undump(t, string(text)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Recorded{{Seq: 7, Time: 1_700_000_000_000_000, Event: ev}}, got, exact); diff != "" {
				t.Errorf("it is read otherwise now (-written +read):\n%s", diff)
			}
		})
	}
}

// TestCodecReadsWhatLackedLaterFields reads the bytes of kinds from before they got their last fields.
func TestCodecReadsWhatLackedLaterFields(t *testing.T) {
	for _, ev := range samples() {
		switch e := ev.(type) {
		case ItemOpened:
			e.LeftOut = nil
			ev = e
		case ItemUpdated:
			e.LeftOut = nil
			ev = e
		default:
			continue
		}
		text, err := os.ReadFile(filepath.Join("testdata", "v2", KindOf(ev)+"-1.hex"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(undump(t, string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Recorded{{Seq: 7, Time: 1_700_000_000_000_000, Event: ev}}, got, exact); diff != "" {
			t.Errorf("%s is read otherwise now (-written +read):\n%s", KindOf(ev), diff)
		}
	}
}

// undump reads what hex.Dump wrote.
func undump(t *testing.T, text string) []byte {
	t.Helper()
	var body []byte
	for line := range strings.Lines(text) {
		digits, _, _ := strings.Cut(line[8:], "|")
		b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(digits), " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		body = append(body, b...)
	}
	return body
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
	parked := func(change func(body []byte) []byte) []byte {
		body, err := Encode([]Recorded{{Seq: 9, Time: 2, Event: ItemParked{Item: "item-1", Agent: "ann"}}})
		if err != nil {
			t.Fatal(err)
		}
		return change(body)
	}
	for want, body := range map[string][]byte{
		"decoding events: it is cut off":                                           nil,
		"decoding events: format 123 is not known here, only 2":                    []byte(`{"v":1,"events":[]}`),
		"decoding events: there is something behind the end":                       parked(func(b []byte) []byte { return append(b, 0) }),
		`decoding event 9: kind "ItemLatter" is not known here`:                    parked(func(b []byte) []byte { return bytes.Replace(b, []byte("ItemParked"), []byte("ItemLatter"), 1) }),
		"decoding event 9, ItemParked: event.ItemParked has no field 7 here":       parked(func(b []byte) []byte { return append(b[:len(b)-1], 7, 0) }),
		"decoding event 9, ItemParked: a text is referred to that was not written": parked(func(b []byte) []byte { return append(b[:len(b)-5], 101) }),
	} {
		if _, err := Decode(body); fmt.Sprint(err) != want {
			t.Errorf("%q:\nerror %q\n want %q", body, fmt.Sprint(err), want)
		}
	}
	whole := parked(func(b []byte) []byte { return b })
	for n := range whole {
		if _, err := Decode(whole[:n]); err == nil {
			t.Errorf("cut off at %d, it was accepted", n)
		}
	}
}

func BenchmarkCodec(b *testing.B) {
	events := recorded(samples()...)
	body, err := Encode(events)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			_, _ = Encode(events)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			_, _ = Decode(body)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
	})
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
