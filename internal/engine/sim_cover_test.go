// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"workstream.dev/operator/internal/event"
)

// count notes what an event shows to have occurred.
func count(counts map[string]int, ev event.Event) {
	counts[event.KindOf(ev)]++
	tell := func(kind, name string) {
		if name != "" {
			counts[kind+" "+name]++
		}
	}
	candidates := func(c *event.Candidates) {
		tell("Why", string(c.Why))
		for i := range c.Excluded {
			tell("ExclusionReason", string(c.Excluded[i].Reason))
		}
	}
	switch ev := ev.(type) {
	case event.AssignmentDeferred:
		candidates(&ev.Candidates)
	case event.OfferMade:
		candidates(&ev.Candidates)
		tell("Via", string(ev.Via))
	case event.OfferClosed:
		tell("OfferOutcome", string(ev.Outcome))
		tell("Reason", string(ev.Reason))
	case event.ConsultEnded:
		tell("ConsultOutcome", string(ev.Outcome))
	case event.ItemAssigned:
		tell("How", string(ev.How))
		tell("Via", string(ev.Via))
		if ev.Candidates != nil {
			candidates(ev.Candidates)
		}
	case event.ItemQueued:
		tell("Reason", string(ev.Reason))
	case event.ItemReleased:
		tell("Reason", string(ev.Reason))
	case event.ItemResumed:
		tell("Reason", string(ev.Reason))
	case event.WrapUpStarted:
		tell("Reason", string(ev.Reason))
	case event.ItemClosed:
		tell("Reason", string(ev.Reason))
	case event.PresenceChanged:
		tell("PresenceCause", string(ev.Cause))
	}
}

// notInEvents are reasons of states that no event carries: whoever shows an item derives them.
var notInEvents = []string{"AwaitingAgentAcceptance", "InConversation", "AwaitingCustomerResponse", "TransferredToAgent"}

// checkCovered asks that the simulations had everything that there is: what never occurred was not tested.
func checkCovered(t *testing.T, counts map[string]int) {
	t.Helper()
	wanted := append(event.Kinds(), "timers left due")
	for kind, names := range reasons(t) {
		for _, name := range names {
			switch {
			case kind == "State", kind == "Reason" && slices.Contains(notInEvents, name), kind == "Via" && name == "":
			case kind == "RejectionReason":
				if name != string(event.NoPlan) { // a simulation begins with its plan
					wanted = append(wanted, "refused "+name)
				}
			default:
				wanted = append(wanted, kind+" "+name)
			}
		}
	}
	slices.Sort(wanted)
	for _, name := range wanted {
		if counts[name] == 0 {
			t.Errorf("no simulation ever had %s: they test less than they say", name)
		}
	}
}

// reasons are the constants of internal/event/reason.go, by type.
func reasons(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../event/reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]string)
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		kind, ok := v.Type.(*ast.Ident)
		if !ok {
			t.Fatalf("constant %s has no type", v.Names[0])
		}
		lit, ok := v.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("constant %s is no literal", v.Names[0])
		}
		name, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		out[kind.Name] = append(out[kind.Name], name)
		return true
	})
	return out
}
