// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/expression"
	"workstream.dev/operator/internal/rule"
)

// Place is one object of the namespace.
type Place struct{ Kind, Name string }

func (p Place) String() string { return fmt.Sprintf("%s %q", p.Kind, p.Name) }

// Protected reports whether objects of a kind are kept, once they are deleted, until nothing needs them.
func Protected(kind string) bool {
	switch kind {
	case v1alpha1.KindQueue, v1alpha1.KindRoutingRuleset, v1alpha1.KindContextVariable, v1alpha1.KindCapacityProfile,
		v1alpha1.KindOperatingHours:
		return true
	default:
		return false
	}
}

// Held reports whether an object goes only when the finalizer of what is in use is taken off it.
func Held(o metav1.Object) bool { return slices.Contains(o.GetFinalizers(), v1alpha1.FinalizerInUse) }

// needs finds out who needs the objects that are being deleted and held.
type needs struct {
	in    *Input
	users map[Place][]Place // by what is being deleted; it has a key for each
	// variables are those of users, by their workstream.
	variables map[string][]*v1alpha1.ContextVariable
	hours     bool // some of users are OperatingHours
	// follow are what is being deleted and needed, and has not been asked yet what it needs itself.
	follow []Place
}

// Needed returns who needs the objects that are being deleted and held, sorted. Those that nobody needs have no entry.
//
// An object needs what its spec names. Those being deleted need nothing themselves, unless they are needed: so what is
// deleted together goes together, in circles too, and what stays keeps all that it stands on.
func Needed(in *Input) map[Place][]Place {
	n := &needs{in: in, users: map[Place][]Place{}, variables: map[string][]*v1alpha1.ContextVariable{}}
	leaving(n, v1alpha1.KindQueue, in.Queues)
	leaving(n, v1alpha1.KindRoutingRuleset, in.RoutingRulesets)
	leaving(n, v1alpha1.KindContextVariable, in.ContextVariables)
	leaving(n, v1alpha1.KindCapacityProfile, in.CapacityProfiles)
	others := len(n.users)
	leaving(n, v1alpha1.KindOperatingHours, in.OperatingHours)
	n.hours = len(n.users) > others
	if len(n.users) == 0 {
		return nil
	}
	n.findVariables()
	staying(in.Workstreams, n.workstream)
	staying(in.RoutingRulesets, n.ruleset)
	staying(in.Queues, n.queue)
	staying(in.Agents, n.agent)
	n.followAll()
	for place, users := range n.users {
		// Workstreams first, then rulesets and queues, and agents last: there may be many of them.
		slices.SortFunc(users, func(a, b Place) int { return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(a.Name, b.Name)) })
		if n.users[place] = slices.Compact(users); len(users) == 0 {
			delete(n.users, place)
		}
	}
	return n.users
}

func leaving[T any, P interface {
	*T
	metav1.Object
}](n *needs, kind string, objects []T) {
	for i := range objects {
		if o := P(&objects[i]); o.GetDeletionTimestamp() != nil && Held(o) {
			n.users[Place{kind, o.GetName()}] = []Place{}
		}
	}
}

func staying[T any, P interface {
	*T
	metav1.Object
}](objects []T, ask func(P)) {
	for i := range objects {
		if o := P(&objects[i]); o.GetDeletionTimestamp() == nil {
			ask(o)
		}
	}
}

// followAll asks what is needed what it needs itself, until nothing new comes up.
func (n *needs) followAll() {
	for len(n.follow) > 0 {
		next := n.follow[0]
		n.follow = n.follow[1:]
		switch next.Kind {
		case v1alpha1.KindQueue:
			if q := named(n.in.Queues, next.Name); q != nil {
				n.queue(q)
			}
		case v1alpha1.KindRoutingRuleset:
			if r := named(n.in.RoutingRulesets, next.Name); r != nil {
				n.ruleset(r)
			}
		}
	}
}

func named[T any, P interface {
	*T
	metav1.Object
}](objects []T, name string) P {
	for i := range objects {
		if o := P(&objects[i]); o.GetName() == name {
			return o
		}
	}
	return nil
}

// need notes that user needs the object of that kind and name, if it is being deleted.
func (n *needs) need(user Place, kind string, name v1alpha1.ObjectName) {
	place := Place{kind, string(name)}
	users, asked := n.users[place]
	if !asked || place == user {
		return
	}
	if len(users) == 0 {
		n.follow = append(n.follow, place)
	}
	n.users[place] = append(users, user)
}

func (n *needs) workstream(w *v1alpha1.Workstream) {
	user := Place{v1alpha1.KindWorkstream, w.Name}
	n.need(user, v1alpha1.KindQueue, w.Spec.Routing.FallbackQueueRef.Name)
	if ref := w.Spec.WorkDistribution.Capacity.ProfileRef; ref != nil {
		n.need(user, v1alpha1.KindCapacityProfile, ref.Name)
	}
	var rulesets []string
	for _, ref := range w.Spec.Routing.Classification {
		rulesets = append(rulesets, string(ref.Name))
	}
	if ref := w.Spec.Routing.RouteToQueue; ref != nil {
		rulesets = append(rulesets, string(ref.Name))
	}
	for _, name := range rulesets {
		n.need(user, v1alpha1.KindRoutingRuleset, v1alpha1.ObjectName(name))
	}
	for _, v := range n.variables[w.Name] {
		for _, name := range rulesets {
			if r := named(n.in.RoutingRulesets, name); r != nil && names(r, contextRoot+v.Spec.Name) {
				n.need(Place{v1alpha1.KindRoutingRuleset, name}, v1alpha1.KindContextVariable, v1alpha1.ObjectName(v.Name))
			}
		}
	}
}

// findVariables finds the variables that are being deleted and held, by workstream. One that another object declares as
// well is not among them: that one takes over.
func (n *needs) findVariables() {
	type attribute struct {
		workstream v1alpha1.ObjectName
		name       string
	}
	of := func(v *v1alpha1.ContextVariable) attribute { return attribute{v.Spec.WorkstreamRef.Name, v.Spec.Name} }
	declared := map[attribute]bool{}
	staying(n.in.ContextVariables, func(v *v1alpha1.ContextVariable) { declared[of(v)] = true })
	for i := range n.in.ContextVariables {
		v := &n.in.ContextVariables[i]
		if _, leaves := n.users[Place{v1alpha1.KindContextVariable, v.Name}]; leaves && !declared[of(v)] {
			w := string(v.Spec.WorkstreamRef.Name)
			n.variables[w] = append(n.variables[w], v)
		}
	}
}

// names reports whether a rule compares or sets the attribute.
func names(r *v1alpha1.RoutingRuleset, attribute string) bool {
	for i := range r.Spec.Rules {
		from := &r.Spec.Rules[i]
		if compares(translateCondition(from.When), attribute) || asks(from.Expression, attribute) {
			return true
		}
		sets := func(a v1alpha1.AttributeSetting) bool { return a.Name == attribute }
		if from.Set != nil && slices.ContainsFunc(from.Set.Attributes, sets) {
			return true
		}
	}
	return false
}

// asks reports whether an expression names the attribute.
func asks(source, attribute string) bool {
	if source == "" {
		return false
	}
	program, err := expression.Compile(source)
	return err == nil && slices.Contains(program.Attributes(), attribute) // what does not compile needs nothing
}

func compares(c *rule.Condition, attribute string) bool {
	if c == nil {
		return false
	}
	inside := func(c rule.Condition) bool { return compares(&c, attribute) }
	return c.Attribute == attribute || compares(c.Not, attribute) ||
		slices.ContainsFunc(c.All, inside) || slices.ContainsFunc(c.Any, inside)
}

func (n *needs) ruleset(r *v1alpha1.RoutingRuleset) {
	user := Place{v1alpha1.KindRoutingRuleset, r.Name}
	for i := range r.Spec.Rules {
		if n.hours {
			for _, name := range translateCondition(r.Spec.Rules[i].When).AppendHours(nil) {
				n.need(user, v1alpha1.KindOperatingHours, v1alpha1.ObjectName(name))
			}
		}
		for _, p := range r.Spec.Rules[i].CapacityProfiles {
			n.need(user, v1alpha1.KindCapacityProfile, p.Name)
		}
		route := r.Spec.Rules[i].Route
		if route == nil {
			continue
		}
		if route.QueueRef != nil {
			n.need(user, v1alpha1.KindQueue, route.QueueRef.Name)
		}
		for _, t := range route.Split {
			n.need(user, v1alpha1.KindQueue, t.QueueRef.Name)
		}
	}
}

func (n *needs) queue(q *v1alpha1.Queue) {
	user := Place{v1alpha1.KindQueue, q.Name}
	if ref := q.Spec.OperatingHoursRef; ref != nil {
		n.need(user, v1alpha1.KindOperatingHours, ref.Name)
	}
	for i := range q.Spec.Overflow {
		if ref := q.Spec.Overflow[i].QueueRef; ref != nil {
			n.need(user, v1alpha1.KindQueue, ref.Name)
		}
	}
}

func (n *needs) agent(a *v1alpha1.Agent) {
	user := Place{v1alpha1.KindAgent, a.Name}
	for _, ref := range a.Spec.QueueRefs {
		n.need(user, v1alpha1.KindQueue, ref.Name)
	}
	for _, slot := range a.Spec.Capacity.Profiles {
		n.need(user, v1alpha1.KindCapacityProfile, slot.Name)
	}
}

// namedUsers is how many users a message names.
const namedUsers = 5

// Terminating is what is to be said of an object that is being deleted and that users need.
func Terminating(users []Place) Finding {
	texts := make([]string, 0, namedUsers)
	for _, u := range users[:min(len(users), namedUsers)] {
		texts = append(texts, u.String())
	}
	message := "it goes when nothing needs it any more; it is in use by " + strings.Join(texts, ", ")
	if more := len(users) - namedUsers; more > 0 {
		message += fmt.Sprintf(" and %d more", more)
	}
	return Finding{
		Condition: v1alpha1.ConditionTerminating, Status: metav1.ConditionTrue, Reason: string(v1alpha1.ReasonInUse), Message: message,
	}
}
