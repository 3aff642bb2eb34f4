// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// exact compares attribute values, whose fields are their own.
var exact = gocmp.Comparer(func(a, b rule.Value) bool { return a == b })

// names print what is long and says nothing, such as hashes, by the order in which they came.
type names struct {
	prefix string
	seen   map[string]string
}

func (n *names) of(s string) string {
	if n.seen == nil {
		n.seen = make(map[string]string)
	}
	if n.seen[s] == "" {
		n.seen[s] = fmt.Sprintf("%s%d", n.prefix, len(n.seen)+1)
	}
	return n.seen[s]
}

// printer writes what a step caused.
type printer struct {
	plans, revisions names
	start            event.Instant
	out              strings.Builder
}

func (p *printer) output(out engine.Output) {
	for _, r := range out.Events {
		if q, ok := r.Event.(event.ItemQueued); ok && q.Entered == q.Since {
			q.Entered = 0 // which is nearly always so
			r.Event = q
		}
		fmt.Fprintf(&p.out, "%d %s%s\n", r.Seq, event.KindOf(r.Event), p.fields(r.Event))
	}
	for i := range out.Deliveries {
		p.delivery(&out.Deliveries[i])
	}
	res := out.Result
	switch {
	case res.Rejected != nil:
		fmt.Fprintf(&p.out, "! %s: %s\n", res.Rejected.Reason, res.Rejected.Message)
	case res.Duplicate:
		fmt.Fprintf(&p.out, "= duplicate%s\n", p.fields(event.Result{Item: res.Item, Message: res.Message, Offer: res.Offer}))
	case len(out.Events) == 0:
		p.out.WriteString("= nothing\n")
	}
}

func (p *printer) delivery(d *event.Delivery) {
	fmt.Fprintf(&p.out, "-> %s %s %s/%s", d.ID, d.Kind, d.Channel, d.Conversation)
	if d.Text != "" {
		fmt.Fprintf(&p.out, " %s: %q", d.Agent, d.Text)
	}
	p.out.WriteByte('\n')
}

// fields prints what is set in a struct, in the order of its fields. Who and what it is about comes without a name.
func (p *printer) fields(s any) string {
	var b strings.Builder
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if f.IsZero() || silent(s, name) {
			continue
		}
		if v.Type().Field(i).Anonymous {
			b.WriteString(p.fields(f.Interface()))
			continue
		}
		text := p.value(name, f.Interface())
		switch {
		case text == "":
		case bare[name]:
			b.WriteString(" " + text)
		default:
			b.WriteString(" " + strings.ToLower(name[:1]) + name[1:] + "=" + text)
		}
	}
	return b.String()
}

// silent is what says nothing new: an item mostly enters a queue when it arrives.
func silent(s any, name string) bool {
	q, ok := s.(event.ItemQueued)
	return ok && name == "Entered" && q.Entered == q.Since
}

var bare = map[string]bool{
	"Item": true, "Agent": true, "Offer": true, "Delivery": true, "Type": true, "Version": true, "Outcome": true,
	"Presence": true, "Candidates": true,
}

func (p *printer) value(name string, v any) string {
	switch x := v.(type) {
	case event.Instant:
		return p.moment(x)
	case *plan.Plan:
		return ""
	case event.Customer:
		return x.ID + "/" + x.Name
	case event.Intake:
		return x.Scope + "/" + x.Key
	case rule.Attributes:
		return attributes(x)
	case string:
		switch name {
		case "Version":
			return p.plans.of(x)
		case "Revision":
			return p.revisions.of(x)
		case "Text":
			return fmt.Sprintf("%q", x)
		}
		return x
	case int32:
		if name == "Draw" && x == -1 {
			return ""
		}
		return strconv.Itoa(int(x))
	default:
		return parts(v)
	}
}

// parts prints what is made of several.
func parts(v any) string {
	switch x := v.(type) {
	case event.Candidates:
		return candidates(&x)
	case *event.Candidates:
		return candidates(x)
	case []event.RuleTried:
		return tried(x)
	case []event.RulesetTried:
		return list(x, func(t event.RulesetTried) string {
			return fmt.Sprintf("%s: %s of %d", t.Ruleset, cmp.Or(t.Rule, "none"), t.Tried)
		})
	case []event.QueuePassed:
		return list(x, func(q event.QueuePassed) string { return fmt.Sprintf("%s: %s %s", q.Rule, q.Queue, q.On) })
	case *event.Overflowed:
		return fmt.Sprintf("(%s %s %s)", x.Queue, x.On, x.Action)
	case []plan.Skill:
		return list(x, skill)
	case []string:
		return list(x, func(s string) string { return s })
	default:
		return fmt.Sprint(v)
	}
}

func (p *printer) moment(t event.Instant) string {
	if t == 0 {
		return "never"
	}
	return "+" + (time.Duration(t-p.start) * time.Microsecond).String()
}

func attributes(a rule.Attributes) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		parts = append(parts, k+"="+a[k].String())
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func tried(rules []event.RuleTried) string {
	return list(rules, func(t event.RuleTried) string {
		if t.Matched {
			return t.Rule + ": yes"
		}
		return t.Rule + ": no"
	})
}

func skill(s plan.Skill) string {
	if s.Rating == 0 {
		return s.Name
	}
	return fmt.Sprintf("%s:%d", s.Name, s.Rating)
}

// list prints values in parentheses.
func list[T any](values []T, text func(T) string) string {
	parts := make([]string, 0, len(values))
	for _, v := range values {
		parts = append(parts, text(v))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func candidates(c *event.Candidates) string {
	var parts []string
	for _, x := range c.Excluded {
		parts = append(parts, strings.TrimRight(x.Agent+": "+string(x.Reason)+" "+x.Detail(), " "))
	}
	if c.More > 0 {
		parts = append(parts, fmt.Sprintf("%d more", c.More))
	}
	s := fmt.Sprintf("eligible=%d", c.Eligible)
	if c.Why != "" {
		s += fmt.Sprintf(" why=%q", c.Words())
	}
	if len(parts) > 0 {
		s += " excluded=(" + strings.Join(parts, ", ") + ")"
	}
	return s
}
