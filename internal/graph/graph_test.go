// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files")

var formats = map[string]func(*Graph, io.Writer) error{
	"svg": (*Graph).WriteSVG, "dot": (*Graph).WriteDOT, "mmd": (*Graph).WriteMermaid,
}

func TestDrawings(t *testing.T) {
	for name, build := range map[string]func(*testing.T) *Graph{
		"contoso": func(t *testing.T) *Graph { return Build(samplePlan(t, "../../config/samples/contoso"), nil) },
		"samples": func(t *testing.T) *Graph { return Build(samplePlan(t, "../../config/samples"), nil) },
		"fifty":   func(t *testing.T) *Graph { return Build(encoded(t, centre(12, 20)), nil) },
		"empty":   func(t *testing.T) *Graph { return Build(encoded(t, &plan.Plan{Namespace: "empty"}), nil) },
		"odd":     func(t *testing.T) *Graph { return Build(encoded(t, odd()), oddAbsent) },
	} {
		t.Run(name, func(t *testing.T) {
			for suffix, write := range formats {
				first, second := &bytes.Buffer{}, &bytes.Buffer{}
				if err := errors.Join(write(build(t), first), write(build(t), second)); err != nil {
					t.Fatal(err)
				}
				if first.String() != second.String() {
					t.Errorf("two %s of one plan differ", suffix)
				}
				golden(t, filepath.Join("testdata", name+"."+suffix), first.Bytes())
			}
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got, -rewrite writes it):\n%s", path, diff)
	}
}

// samplePlan compiles the manifests of a folder, with the Secrets that they name.
func samplePlan(t *testing.T, dir string) *plan.Plan {
	t.Helper()
	in := &compile.Input{Namespace: "contoso", Secrets: map[string][]string{
		"contoso-web": {"signingSecret"}, "contoso-jwks": {"jwks.json"},
	}}
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no manifests in %s: %v", dir, err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for doc := range strings.SplitSeq(string(body), "\n---\n") {
			take(t, in, []byte(doc))
		}
	}
	out, err := compile.Compile(in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Plan
}

func take(t *testing.T, in *compile.Input, doc []byte) {
	t.Helper()
	var head struct{ Kind string }
	if err := yaml.Unmarshal(doc, &head); err != nil {
		t.Fatal(err)
	}
	switch head.Kind {
	case v1alpha1.KindWorkstream:
		appendTo(t, &in.Workstreams, doc)
	case v1alpha1.KindChannel:
		appendTo(t, &in.Channels, doc)
	case v1alpha1.KindContextVariable:
		appendTo(t, &in.ContextVariables, doc)
	case v1alpha1.KindRoutingRuleset:
		appendTo(t, &in.RoutingRulesets, doc)
	case v1alpha1.KindQueue:
		appendTo(t, &in.Queues, doc)
	case v1alpha1.KindAgent:
		appendTo(t, &in.Agents, doc)
	case v1alpha1.KindOperatingHours:
		appendTo(t, &in.OperatingHours, doc)
	case v1alpha1.KindCapacityProfile:
		appendTo(t, &in.CapacityProfiles, doc)
	}
}

func appendTo[T any](t *testing.T, list *[]T, doc []byte) {
	t.Helper()
	var o T
	if err := yaml.Unmarshal(doc, &o); err != nil {
		t.Fatal(err)
	}
	*list = append(*list, o)
}

func encoded(t *testing.T, p *plan.Plan) *plan.Plan {
	t.Helper()
	if _, _, err := p.Encode(); err != nil {
		t.Fatal(err)
	}
	return p
}

// centre is an organisation with so many workstreams and queues, each ruleset with rules for several queues.
func centre(workstreams, queues int) *plan.Plan {
	r := rand.New(rand.NewPCG(1, uint64(workstreams)))
	p := &plan.Plan{Namespace: "contact-centre"}
	areas := []string{"billing", "claims", "orders", "returns", "technical", "sales", "loyalty", "travel", "cards", "loans"}
	name := func(i int) string {
		return areas[i%len(areas)] + []string{"", "-emea", "-apac", "-americas", "-north", "-south"}[i/len(areas)]
	}
	for i := range queues {
		q := plan.Queue{Name: name(i), Type: plan.Messaging, Priority: int32(i%5 + 1), Method: plan.RoundRobin}
		if i%3 == 0 && i > 0 {
			to := name(r.IntN(i))
			q.Overflow = append(q.Overflow, plan.Overflow{On: plan.ItemLimit, Limit: 50, Action: plan.TransferTo, Queue: to})
		}
		if i%7 == 3 {
			q.Overflow = append(q.Overflow, plan.Overflow{On: plan.WaitTime, After: 10 * time.Minute, Action: plan.TransferTo, Queue: name(0)})
		}
		p.Queues = append(p.Queues, q)
	}
	for i := range workstreams {
		w := plan.Workstream{
			Name: fmt.Sprintf("%s-chat-%d", areas[i%len(areas)], i), Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 30,
			Routing: plan.Routing{Ruleset: fmt.Sprintf("to-queues-%d", i), Fallback: name(i % queues)},
		}
		first := i * queues / workstreams
		for k := range 2 + r.IntN(5) {
			rule := plan.Rule{Name: fmt.Sprintf("rule-%d", k+1), Split: []plan.Target{{Queue: name((first + r.IntN(5)) % queues), Percent: 100}}}
			if k == 2 {
				rule.Name = "shared-between-teams"
				rule.Split = []plan.Target{{Queue: name(first % queues), Percent: 70}, {Queue: name((first + 3) % queues), Percent: 30}}
			}
			w.Routing.Rules = append(w.Routing.Rules, rule)
		}
		p.Workstreams = append(p.Workstreams, w)
		if i%2 == 0 {
			p.Channels = append(p.Channels, plan.Channel{
				Name: "web-" + w.Name, Workstream: w.Name, Type: "Custom", Custom: &plan.Custom{Address: "web-" + w.Name},
			})
		}
	}
	for i := range queues * 4 {
		p.Agents = append(p.Agents, plan.Agent{
			Name: fmt.Sprintf("agent-%03d", i), Subject: strconv.Itoa(i), Roles: []plan.Role{plan.RoleAgent}, Units: 100,
			Queues: []string{name(r.IntN(queues)), name(i % queues)},
		})
	}
	return p
}

// odd has what is rare, in texts that the notations could misread.
func odd() *plan.Plan {
	bad := `a "b" \ <c> & #quot; |d| [e] {f} %% ü ☎ 顧客` + "\x01"
	p := &plan.Plan{
		Namespace: "odd",
		Queues: []plan.Queue{
			{Name: "q1", Type: plan.Messaging, Priority: 1, Hours: "day", Overflow: []plan.Overflow{
				{On: plan.OutOfHours, Action: plan.EndItem},
				{On: plan.ItemLimit, Limit: 1, Action: plan.AssignAnyway},
				{On: plan.WaitTime, After: 90 * time.Minute, Action: plan.TransferTo, Queue: "q2"},
			}},
			{Name: "q2", Type: plan.Messaging, Priority: 1},
			{Name: "q3-nobody-leads-here", Type: plan.Record, Priority: 7},
		},
		Calendars: []plan.Calendar{{Name: "day"}},
		Workstreams: []plan.Workstream{
			{
				Name: "ends-in-a-name-that-is-too-long-to-be-shown-in-a-box-as-a-whole", Type: plan.Messaging, ChannelType: "Custom",
				Mode: plan.Pick, Units: 1, Routing: plan.Routing{Fallback: "q1"},
				Classification: []plan.Classification{{Ruleset: "urgency", Rules: []plan.ClassificationRule{{Name: "r", Priority: 1}}}},
			},
			{Name: "no-rules", Type: plan.Record, RecordType: bad, Mode: plan.Push, Routing: plan.Routing{Fallback: "q3-nobody-leads-here"}},
			{Name: "lists", Type: plan.Record, RecordType: "1. one", Mode: plan.Push, Routing: plan.Routing{Fallback: "q3-nobody-leads-here"}},
			{Name: "more-lists", Type: plan.Record, RecordType: "- two", Mode: plan.Push, Routing: plan.Routing{Fallback: "q3-nobody-leads-here"}},
			{Name: "many", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Routing: plan.Routing{Ruleset: "many", Fallback: "q2"}},
			{Name: "shares", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Routing: plan.Routing{Ruleset: "many", Fallback: "q1"}},
		},
		Agents: []plan.Agent{
			{Name: "ann", Subject: "ann", Roles: []plan.Role{plan.RoleAgent}, Queues: []string{"q1"}},
			{Name: "idle", Subject: "idle", Roles: []plan.Role{plan.RoleAgent}},
			{Name: "boss", Subject: "boss", Roles: []plan.Role{plan.RoleSupervisor}},
		},
	}
	for i := range 30 {
		p.Workstreams[4].Routing.Rules = append(p.Workstreams[4].Routing.Rules, plan.Rule{
			Name: fmt.Sprintf("%d %s", i, bad), Split: []plan.Target{{Queue: fmt.Sprintf("q%d", i%2+1), Percent: 100}},
			When: &rule.Condition{Attribute: "channel.locale", Operator: rule.Exists},
		})
	}
	p.Workstreams[5].Routing.Rules = p.Workstreams[4].Routing.Rules
	return p
}

var oddAbsent = []Absent{
	{Kind: "Workstream", Name: "broken"},
	{Kind: "Workstream", Name: "many"},
	{Kind: "Agent", Name: "dup"},
}

// TestNothingOverlaps looks at what a person would see at once, in drawings of many sizes.
func TestNothingOverlaps(t *testing.T) {
	for size := 1; size <= 38; size += 3 {
		g := Build(encoded(t, centre(size, size+size/2+1)), nil)
		l := place(g)
		boxes := append(l.all(), l.agents...)
		for i, a := range boxes {
			for _, b := range boxes[:i] {
				if a.node != nil && b.node != nil && a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
					t.Errorf("size %d: %s and %s overlap", size, a.node.Title, b.node.Title)
				}
			}
			if a.x < 0 || a.y < headerY || a.x+a.w > l.width || a.y+a.h > l.height {
				t.Errorf("size %d: %s stands out of the drawing", size, a.id)
			}
		}
		for c := range l.columns { // an edge that passes a column passes between its boxes
			for _, b := range l.columns[c] {
				for _, o := range l.columns[c] {
					if y := b.y + b.room/2; b.node == nil && o.node != nil && y > o.y && y < o.y+o.h {
						t.Errorf("size %d: %s runs through %s", size, b.id, o.node.Title)
					}
				}
			}
		}
	}
}

// TestOrderHasFewCrossings compares with the order by name.
func TestOrderHasFewCrossings(t *testing.T) {
	g := Build(encoded(t, centre(12, 20)), nil)
	l := place(g)
	sorted := l.crossings()
	l.columns = byName(g, l)
	if named := l.crossings(); sorted*2 > named {
		t.Errorf("%d crossings, %d when ordered by name", sorted, named)
	}
}

func byName(g *Graph, l *layout) (columns [4][]*box) {
	for c := range l.columns {
		for _, b := range l.columns[c] {
			if b.node == nil {
				columns[c] = append(columns[c], b)
			}
		}
	}
	for i := range g.Nodes {
		if k := g.Nodes[i].Kind; k != Agents {
			columns[k] = append(columns[k], l.boxes[g.Nodes[i].ID])
		}
	}
	return columns
}

func TestSVGIsWellFormed(t *testing.T) {
	var b bytes.Buffer
	if err := Build(encoded(t, odd()), oddAbsent).WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(&b)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestInversions(t *testing.T) {
	for range 100 {
		list := make([]float64, rand.IntN(40))
		for i := range list {
			list[i] = float64(rand.IntN(20))
		}
		want := 0
		for i := range list {
			for _, b := range list[:i] {
				if b > list[i] {
					want++
				}
			}
		}
		if got := inversions(list); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	for _, size := range []int{12, 38} {
		g := Build(centre(size, size+size/2+1), nil)
		b.Run(strconv.Itoa(len(g.Nodes)), func(b *testing.B) {
			for b.Loop() {
				if err := g.WriteSVG(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
