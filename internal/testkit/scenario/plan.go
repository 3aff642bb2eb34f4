// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/datadriven"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// args are the arguments of a line. What is asked for is taken out, so that what is left is a mistake.
type args struct {
	words  []string
	values map[string][]string
	err    error
}

func parse(line string) (string, *args, error) {
	name, list, err := datadriven.ParseLine(line)
	if err != nil {
		return "", nil, err
	}
	return name, newArgs(list), nil
}

func newArgs(list []datadriven.CmdArg) *args {
	a := &args{values: make(map[string][]string)}
	for _, x := range list {
		if x.Vals == nil {
			a.words = append(a.words, x.Key)
			continue
		}
		a.values[x.Key] = x.Vals
	}
	return a
}

func (a *args) fail(format string, list ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, list...)
	}
}

// word takes the next argument that has no name.
func (a *args) word() string {
	if len(a.words) == 0 {
		a.fail("an argument is missing")
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// flag takes a word away and reports whether it was there.
func (a *args) flag(name string) bool {
	for i, w := range a.words {
		if w == name {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return true
		}
	}
	return false
}

func (a *args) list(name string, or ...string) []string {
	if v, ok := a.values[name]; ok {
		delete(a.values, name)
		return v
	}
	return or
}

func (a *args) text(name, or string) string { return strings.Join(a.list(name, or), ", ") }

func (a *args) number(name string, or int) int32 {
	n, err := strconv.ParseInt(a.text(name, strconv.Itoa(or)), 10, 32)
	if err != nil {
		a.fail("%s: %w", name, err)
	}
	return int32(n)
}

func (a *args) duration(name, or string) time.Duration {
	d, err := time.ParseDuration(a.text(name, or))
	if err != nil {
		a.fail("%s: %w", name, err)
	}
	return d
}

// done returns what was wrong with the line.
func (a *args) done() error {
	if a.err == nil && (len(a.words) > 0 || len(a.values) > 0) {
		return fmt.Errorf("not understood: %v %v", a.words, a.values)
	}
	return a.err
}

// attributes takes all that is named root.name; what looks like a number is one.
func (a *args) attributes() rule.Attributes {
	attrs := rule.Attributes{}
	for k, v := range a.values {
		if !strings.Contains(k, ".") {
			continue
		}
		delete(a.values, k)
		if f, err := strconv.ParseFloat(v[0], 64); err == nil {
			attrs[k] = rule.NumberValue(f)
		} else {
			attrs[k] = rule.TextValue(strings.Join(v, ", "))
		}
	}
	return attrs
}

// ParsePlan reads a plan, one part per line:
//
//	queue general type=Record priority=10 method=RoundRobin
//	workstream chat fallback=general units=30 mode=Pick timeout=2m reoffer=2m declines=3 wrapup=Always autoclose=8h
//	rule chat vip attribute=context.tier operator=Equal values=(gold) to=(a:30, b:70)
//	channel web chat callback
//	agent ann units=60 queues=(general)
//
// All but names and fallback has a default.
func ParsePlan(text string) (*plan.Plan, string, error) {
	p := &plan.Plan{Namespace: "scenario"}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		kind, a, err := parse(line)
		if err == nil {
			err = parsePart(p, kind, a)
		}
		if err != nil {
			return nil, "", fmt.Errorf("%q: %w", line, err)
		}
	}
	for i := range p.Workstreams {
		if err := p.Workstreams[i].SetRevision(); err != nil {
			return nil, "", err
		}
	}
	_, version, err := p.Encode()
	return p, version, err
}

func parsePart(p *plan.Plan, kind string, a *args) error {
	switch kind {
	case "queue":
		p.Queues = append(p.Queues, plan.Queue{
			Name: a.word(), Type: plan.ItemType(a.text("type", "Messaging")), Priority: a.number("priority", 100),
			Method: plan.Method(a.text("method", "HighestCapacity")),
		})
	case "workstream":
		p.Workstreams = append(p.Workstreams, parseWorkstream(a))
	case "rule":
		return parseRule(p, a)
	case "channel":
		c := plan.Channel{Type: "Custom", Custom: &plan.Custom{Credentials: "secret"}}
		if a.flag("callback") {
			c.Custom.CallbackURL = "https://customer.example/callback"
		}
		c.Name, c.Workstream = a.word(), a.word()
		c.Custom.Address = c.Name
		p.Channels = append(p.Channels, c)
	case "agent":
		g := plan.Agent{Name: a.word(), Units: a.number("units", 100), Queues: a.list("queues")}
		for _, r := range a.list("roles", string(plan.RoleAgent)) {
			g.Roles = append(g.Roles, plan.Role(r))
		}
		g.Subject, g.DisplayName = g.Name, a.text("display", "")
		p.Agents = append(p.Agents, g)
	default:
		return errors.New("no such part")
	}
	return a.done()
}

func parseWorkstream(a *args) plan.Workstream {
	w := plan.Workstream{
		Name: a.word(), Type: plan.ItemType(a.text("type", "Messaging")), Mode: plan.Mode(a.text("mode", "Push")),
		Units: a.number("units", 30),
		Offer: plan.Offer{
			Timeout: a.duration("timeout", "2m"), ReofferAfter: a.duration("reoffer", "2m"), MaxDeclines: a.number("declines", 3),
		},
		Routing: plan.Routing{Fallback: a.text("fallback", "general")},
	}
	for _, s := range a.list("allowed", "Available", "Busy") {
		w.AllowedPresences = append(w.AllowedPresences, plan.Presence(s))
	}
	for _, v := range a.list("variables") {
		name, kind, _ := strings.Cut(v, ":")
		d := plan.Variable{Name: name, Kind: rule.Text}
		if kind == "Number" {
			d.Kind = rule.Number
		}
		w.Variables = append(w.Variables, d)
	}
	if w.Type == plan.Record {
		w.RecordType = "case"
		return w
	}
	w.ChannelType = "Custom"
	w.Lifecycle = plan.DefaultLifecycle(w.Type, w.ChannelType, a.duration("autoclose", "8h"))
	switch block := a.text("wrapup", "Always"); block {
	case "Always", "Never":
		w.WrapUp.Block = plan.WrapUpBlock(block)
	default:
		w.WrapUp.Block = plan.BlockCustom
		d, err := time.ParseDuration(block)
		if err != nil {
			a.fail("wrapup: %w", err)
		}
		w.WrapUp.For = d
	}
	return w
}

func parseRule(p *plan.Plan, a *args) error {
	name := a.word()
	r := plan.Rule{Name: a.word()}
	if attribute := a.text("attribute", ""); attribute != "" {
		r.When = &rule.Condition{
			Attribute: attribute, Operator: rule.Operator(a.text("operator", "Equal")), Values: a.list("values"),
		}
	}
	for _, t := range a.list("to") {
		queue, percent, _ := strings.Cut(t, ":")
		target := plan.Target{Queue: queue, Percent: 100}
		if percent != "" {
			n, err := strconv.Atoi(percent)
			if err != nil {
				return err
			}
			target.Percent = int32(n)
		}
		r.Split = append(r.Split, target)
	}
	for i := range p.Workstreams {
		if w := &p.Workstreams[i]; w.Name == name {
			w.Routing.Ruleset = name + "-rules"
			w.Routing.Rules = append(w.Routing.Rules, r)
			return a.done()
		}
	}
	return fmt.Errorf("no workstream %q above", name)
}
