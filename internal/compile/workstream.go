// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"fmt"
	"slices"
	"time"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// workstream is a Workstream on its way into the plan.
type workstream struct {
	object    *v1alpha1.Workstream
	variables []plan.Variable // by name

	accepted problems
	refs     problems
	// revision is what goes into the plan, nil for nothing; retained says that it is an earlier one.
	revision *Revision
	retained bool
	channels int32
}

// absent says why the plan does not hold what the objects of w say now, empty if it does.
func (w *workstream) absent() string {
	switch {
	case w.revision == nil:
		return fmt.Sprintf("Workstream %q is not in the plan", w.object.Name)
	case w.retained:
		return fmt.Sprintf("Workstream %q is in the plan with its last good revision %s", w.object.Name, w.revision.Workstream.Revision)
	default:
		return ""
	}
}

func (s *scope) compileWorkstreams() {
	for _, object := range byName(live(s.in.Workstreams)) {
		w := s.workstreams[object.Name]
		settings := w.translate()
		s.resolve(w, &settings)
		if !w.accepted.any() && !w.refs.any() {
			if err := settings.SetRevision(); err != nil {
				w.accepted.add(string(v1alpha1.WorkstreamReasonInvalid), "%s", err)
			}
		}
		if !w.accepted.any() && !w.refs.any() {
			w.revision = &Revision{Workstream: settings, Queues: s.queuesOf(&settings, nil)}
		} else {
			w.revision = s.lastGood(w)
			w.retained = w.revision != nil
		}
	}
	// Only now: a queue that one workstream retains does not exist for the others.
	for _, object := range byName(live(s.in.Workstreams)) {
		if w := s.workstreams[object.Name]; w.revision != nil {
			s.out.Plan.Workstreams = append(s.out.Plan.Workstreams, ownRules(&w.revision.Workstream))
			for _, q := range w.revision.Queues {
				if _, ok := s.queues[q.Name]; !ok {
					s.queues[q.Name] = q
				}
			}
		}
	}
}

// ownRules copies what a plan compiles in place, so that the input and the revision to store are left alone.
func ownRules(w *plan.Workstream) plan.Workstream {
	c := *w
	c.Routing.Rules = slices.Clone(w.Routing.Rules)
	return c
}

// translate reads the spec, with the defaults of whatever is not set.
func (w *workstream) translate() plan.Workstream {
	spec := &w.object.Spec
	dist := &spec.WorkDistribution
	settings := plan.Workstream{
		Name:             w.object.Name,
		Type:             plan.ItemType(spec.Type),
		ChannelType:      string(spec.ChannelType),
		Mode:             plan.Mode(or(dist.Mode, v1alpha1.DistributionPush)),
		Units:            dist.Capacity.Units,
		AllowedPresences: presences(dist.AllowedPresences),
		Offer:            w.offer(dist.Offer),
		WrapUp:           plan.WrapUp{Block: plan.BlockNever},
		Variables:        w.variables,
		Routing:          plan.Routing{Fallback: string(spec.Routing.FallbackQueueRef.Name)},
	}
	if spec.Record != nil {
		settings.RecordType = spec.Record.Type
	}
	if spec.Type == v1alpha1.ItemTypeMessaging {
		settings.WrapUp = w.wrapUp(dist.WrapUp)
		settings.Lifecycle = plan.DefaultLifecycle(plan.Messaging, settings.ChannelType,
			w.duration("autoCloseAfterInactivity", dist.AutoCloseAfterInactivity, defaultAutoClose))
	}
	return settings
}

func (w *workstream) offer(o *v1alpha1.Offer) plan.Offer {
	if o == nil {
		o = &v1alpha1.Offer{}
	}
	return plan.Offer{
		Timeout:      w.duration("offer.timeout", o.Timeout, defaultOfferTimeout),
		ReofferAfter: w.duration("offer.reofferAfter", o.ReofferAfter, defaultReofferAfter),
		MaxDeclines:  or(o.MaxDeclines, defaultMaxDeclines),
	}
}

func (w *workstream) wrapUp(u *v1alpha1.WrapUp) plan.WrapUp {
	if u == nil {
		u = &v1alpha1.WrapUp{}
	}
	block := or(u.BlockCapacity, v1alpha1.BlockCapacityAlways)
	if block != v1alpha1.BlockCapacityCustom {
		return plan.WrapUp{Block: plan.WrapUpBlock(block)}
	}
	return plan.WrapUp{Block: plan.BlockCustom, For: w.duration("wrapUp.for", u.For, "")}
}

// duration reads a duration of spec.workDistribution. The schema lets only good ones in; objects may be older than it.
func (w *workstream) duration(field string, d, unset v1alpha1.Duration) time.Duration {
	d = or(d, unset)
	length, err := time.ParseDuration(string(d))
	if err != nil || length < 0 {
		w.accepted.add(string(v1alpha1.WorkstreamReasonInvalid), "spec.workDistribution.%s: %q is no duration such as 120s or 8h", field, d)
	}
	return length
}

// resolve finds the fallback queue and the rules.
func (s *scope) resolve(w *workstream, settings *plan.Workstream) {
	routing := &w.object.Spec.Routing
	fallback := string(routing.FallbackQueueRef.Name)
	if q, ok := s.queues[fallback]; !ok {
		w.refs.add(string(v1alpha1.WorkstreamReasonQueueNotFound), "spec.routing.fallbackQueueRef: there is no Queue %q", fallback)
	} else if q.Type != settings.Type {
		w.refs.add(string(v1alpha1.WorkstreamReasonTypeMismatch), "spec.routing.fallbackQueueRef: Queue %q is of type %s, not %s",
			fallback, q.Type, settings.Type)
	}
	if routing.RouteToQueue == nil {
		return
	}
	name := string(routing.RouteToQueue.Name)
	r := s.rulesets[name]
	if r == nil {
		w.refs.add(string(v1alpha1.WorkstreamReasonRulesetNotFound), "spec.routing.routeToQueue: there is no RoutingRuleset %q", name)
		return
	}
	r.users = append(r.users, w)
	rules, found := r.checkFor(settings, s.queues)
	settings.Routing.Ruleset, settings.Routing.Rules = name, rules
	if r.accepted.any() {
		w.refs.add(string(v1alpha1.WorkstreamReasonRulesetNotAccepted), "spec.routing.routeToQueue: RoutingRuleset %q is not accepted: %s",
			name, r.accepted.texts[0])
		return
	}
	for _, t := range r.targets {
		if _, ok := s.queues[t.queue]; !ok {
			w.refs.add(string(v1alpha1.WorkstreamReasonQueueNotFound), "RoutingRuleset %q: %s: there is no Queue %q", name, t.path, t.queue)
		}
	}
	w.refs.addAll(&found, fmt.Sprintf("RoutingRuleset %q: ", name))
	r.refs.addAll(&found, fmt.Sprintf("for Workstream %q: ", w.object.Name))
}

func (s *scope) reportWorkstreams() {
	for _, w := range s.workstreams {
		o := Object{
			Kind: v1alpha1.KindWorkstream, Name: w.object.Name,
			Absent: w.absent(), Revision: w.revision, Retained: w.retained,
		}
		if w.revision == nil {
			o.Findings = judged(&w.accepted, &w.refs, ". The workstream is not in the plan, because it has no good revision yet")
		} else {
			o.Findings = judged(&w.accepted, &w.refs, ". The last good revision "+w.revision.Workstream.Revision+" stays in the plan")
			rules := len(w.revision.Workstream.Routing.Rules)
			o.Counts = Counts{Channels: w.channels, Rules: int32(rules)} //nolint:gosec // bounded by the schema
		}
		s.report(o)
	}
}
