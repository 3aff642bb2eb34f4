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

	// rulesets are those that it was made of. sound: nothing is wrong with it, nor with them, so that it is remembered.
	rulesets []*ruleset
	sound    bool
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
	c, l := s.memory, &s.live.workstreams
	if s.steady() {
		for i, w := range c.workstreams {
			w.object, w.channels = l.objects[i], 0
			for _, r := range w.rulesets {
				r.users = append(r.users, w)
			}
		}
		s.out.Plan.Workstreams = c.last().Workstreams
		return
	}
	made := make([]*workstream, len(l.objects))
	if c.at == nil || !l.members {
		c.at = make(map[string]*workstream, len(l.objects))
	}
	s.absentSame = c.out != nil && l.members
	for i, object := range l.objects {
		w := remembered(l, c.workstreams, i)
		if variables := c.variables[object.Name]; s.remember(w, variables) {
			w.object, w.channels = object, 0
			for _, r := range w.rulesets {
				r.users = append(r.users, w)
			}
		} else {
			w = &workstream{object: object, variables: variables}
			s.compileWorkstream(w)
			s.absentSame = s.absentSame && w.absent() == "" && c.workstreams[i].absent() == ""
		}
		s.sound = s.sound && w.sound
		made[i], c.at[object.Name] = w, w
	}
	c.workstreams = made
	// Only now: what one workstream retains does not exist for the others.
	s.out.Plan.Workstreams = make([]plan.Workstream, 0, len(made))
	for _, w := range made {
		if w.revision != nil {
			s.out.Plan.Workstreams = append(s.out.Plan.Workstreams, w.revision.Workstream)
			s.retain(w)
		}
	}
}

func (s *scope) compileWorkstream(w *workstream) {
	settings := w.translate()
	s.resolve(w, &settings)
	if !w.accepted.any() && !w.refs.any() {
		if err := settings.SetRevision(); err != nil {
			w.accepted.add(string(v1alpha1.WorkstreamReasonInvalid), "%s", err)
		}
	}
	if !w.accepted.any() && !w.refs.any() {
		w.revision = s.revision(&settings, &Revision{})
		s.keep(w)
	} else {
		w.revision = s.lastGood(w)
		w.retained = w.revision != nil
	}
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
		PickFromPush:     dist.PickFromPush == v1alpha1.PickFromPushEnabled,
		AllowedPresences: presences(dist.AllowedPresences),
		SkillMatching:    plan.SkillMatching(or(dist.SkillMatching, v1alpha1.SkillMatchingExact)),
		Offer:            w.offer(dist.Offer),
		WrapUp:           plan.WrapUp{Block: plan.BlockNever},
		Variables:        w.variables,
		Routing:          plan.Routing{Fallback: string(spec.Routing.FallbackQueueRef.Name)},
	}
	if units := dist.Capacity.Units; units != nil {
		settings.Units = *units
	}
	if ref := dist.Capacity.ProfileRef; ref != nil {
		settings.Profiles = []string{string(ref.Name)}
	}
	if spec.Record != nil {
		settings.RecordType = spec.Record.Type
	}
	settings.Experience = w.experience(spec.AgentExperience)
	if spec.Type == v1alpha1.ItemTypeMessaging {
		settings.Affinity = affinity(&settings, dist.AgentAffinity)
		settings.WrapUp = w.wrapUp(dist.WrapUp)
		settings.Lifecycle = w.lifecycle(&settings)
	}
	return settings
}

// affinity is Enabled by default where a conversation can come back to an agent: plain live chat has no such thing.
func affinity(w *plan.Workstream, a *v1alpha1.AgentAffinity) plan.Affinity {
	if a == nil {
		a = &v1alpha1.AgentAffinity{}
	}
	mode := v1alpha1.AgentAffinityEnabled
	if w.Mode != plan.Push || w.ChannelType == plan.LiveChat {
		mode = v1alpha1.AgentAffinityDisabled
	}
	if or(a.Mode, mode) != v1alpha1.AgentAffinityEnabled {
		return plan.Affinity{}
	}
	return plan.Affinity{
		Enabled:         true,
		RespectPresence: slices.Contains(a.Respect, v1alpha1.AffinityRespectPresence),
		RespectCapacity: slices.Contains(a.Respect, v1alpha1.AffinityRespectCapacity),
	}
}

// lifecycle is that of the channel type, with what the spec says of it.
func (w *workstream) lifecycle(settings *plan.Workstream) plan.Lifecycle {
	dist := &w.object.Spec.WorkDistribution
	l := plan.DefaultLifecycle(settings.Type, settings.ChannelType,
		w.duration("autoCloseAfterInactivity", dist.AutoCloseAfterInactivity, defaultAutoClose))
	if dist.FollowUpAfter != "" {
		l.FollowUp = w.duration("followUpAfter", dist.FollowUpAfter, "")
	}
	if dist.ReconnectGrace != "" {
		l.AgentReturn = w.duration("reconnectGrace", dist.ReconnectGrace, "")
	}
	return l
}

func (w *workstream) offer(o *v1alpha1.Offer) plan.Offer {
	if o == nil {
		o = &v1alpha1.Offer{}
	}
	return plan.Offer{
		Presentation: plan.Presentation(or(o.Presentation, v1alpha1.PresentationPrompt)),
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

// duration reads a duration of spec.workDistribution.
func (w *workstream) duration(field string, d, unset v1alpha1.Duration) time.Duration {
	return duration(&w.accepted, "spec.workDistribution."+field, or(d, unset))
}

// resolve finds the fallback queue, the profile and the rules.
func (s *scope) resolve(w *workstream, settings *plan.Workstream) {
	routing := &w.object.Spec.Routing
	fallback := string(routing.FallbackQueueRef.Name)
	if q, ok := s.queues[fallback]; !ok {
		w.refs.add(string(v1alpha1.WorkstreamReasonQueueNotFound), "spec.routing.fallbackQueueRef: there is no Queue %q", fallback)
	} else if q.Type != settings.Type {
		w.refs.add(string(v1alpha1.WorkstreamReasonTypeMismatch), "spec.routing.fallbackQueueRef: Queue %q is of type %s, not %s",
			fallback, q.Type, settings.Type)
	}
	if ref := w.object.Spec.WorkDistribution.Capacity.ProfileRef; ref != nil {
		if _, ok := s.profiles[string(ref.Name)]; !ok {
			w.refs.add(string(v1alpha1.WorkstreamReasonCapacityProfileNotFound),
				"spec.workDistribution.capacity.profileRef: there is no CapacityProfile %q", ref.Name)
		}
	}
	for i, ref := range routing.Classification {
		path := fmt.Sprintf("spec.routing.classification[%d]", i)
		if r := s.rulesetOf(w, path, string(ref.Name), v1alpha1.RulesetClassification); r != nil {
			settings.Classification = append(settings.Classification, s.classify(w, r, settings))
		}
	}
	if ref := routing.RouteToQueue; ref != nil {
		if r := s.rulesetOf(w, "spec.routing.routeToQueue", string(ref.Name), v1alpha1.RulesetRouteToQueue); r != nil {
			settings.Routing.Ruleset, settings.Routing.Rules = r.object.Name, s.route(w, r, settings)
		}
	}
}

// rulesetOf returns the ruleset of that name, or nil if there is none that can be used in that place.
func (s *scope) rulesetOf(w *workstream, path, name string, want v1alpha1.RulesetType) *ruleset {
	r := s.ruleset(name)
	if r == nil {
		w.refs.add(string(v1alpha1.WorkstreamReasonRulesetNotFound), "%s: there is no RoutingRuleset %q", path, name)
		return nil
	}
	if got := r.object.Spec.Type; got != want {
		w.refs.add(string(v1alpha1.WorkstreamReasonTypeMismatch), "%s: RoutingRuleset %q is of type %s, not %s", path, name, got, want)
		return nil
	}
	r.users = append(r.users, w)
	if r.accepted.any() {
		w.refs.add(string(v1alpha1.WorkstreamReasonRulesetNotAccepted), "%s: RoutingRuleset %q is not accepted: %s",
			path, name, r.accepted.texts[0])
		return nil
	}
	return r
}

// route returns the rules of r for w, and says of both what is wrong with them.
func (s *scope) route(w *workstream, r *ruleset, settings *plan.Workstream) []plan.Rule {
	found := r.checkQueues(settings, s.queues)
	conditions, tests := r.checkConditions(settings), r.checkTests(settings)
	w.refs.addAll(&r.noHours, fmt.Sprintf("RoutingRuleset %q: ", r.object.Name))
	found.addAll(&conditions, "")
	found.addAll(&tests, "")
	for _, t := range r.targets {
		if _, ok := s.queues[t.name]; !ok {
			w.refs.add(string(v1alpha1.WorkstreamReasonQueueNotFound), "RoutingRuleset %q: %s: there is no Queue %q",
				r.object.Name, t.path, t.name)
		}
	}
	w.blame(r, &found)
	return r.routeRules()
}

// classify returns the rules of r for w, and says of both what is wrong with them.
func (s *scope) classify(w *workstream, r *ruleset, settings *plan.Workstream) plan.Classification {
	rules, found := r.classificationRules(settings)
	conditions, tests := r.checkConditions(settings), r.checkTests(settings)
	w.refs.addAll(&r.noHours, fmt.Sprintf("RoutingRuleset %q: ", r.object.Name))
	found.addAll(&conditions, "")
	found.addAll(&tests, "")
	for _, t := range r.targets {
		if _, ok := s.profiles[t.name]; !ok {
			w.refs.add(string(v1alpha1.WorkstreamReasonCapacityProfileNotFound), "RoutingRuleset %q: %s: there is no CapacityProfile %q",
				r.object.Name, t.path, t.name)
		}
	}
	w.blame(r, &found)
	return plan.Classification{Ruleset: r.object.Name, Rules: rules}
}

// blame says of the workstream and of the ruleset what does not fit between them.
func (w *workstream) blame(r *ruleset, found *problems) {
	w.refs.addAll(found, fmt.Sprintf("RoutingRuleset %q: ", r.object.Name))
	r.refs.addAll(found, fmt.Sprintf("for Workstream %q: ", w.object.Name))
}

func (s *scope) reportWorkstreams() {
	s.expect(v1alpha1.KindWorkstream, len(s.memory.workstreams))
	for _, w := range s.memory.workstreams {
		o := Object{
			Kind: v1alpha1.KindWorkstream, Name: w.object.Name,
			Absent: w.absent(), Revision: w.revision, Retained: w.retained,
		}
		switch {
		case w.revision == nil:
			o.Findings = judged(&w.accepted, &w.refs, ". The workstream is not in the plan, because it has no good revision yet")
		case w.retained:
			o.Findings = judged(&w.accepted, &w.refs, ". The last good revision "+w.revision.Workstream.Revision+" stays in the plan")
		default:
			o.Findings = judged(&w.accepted, &w.refs, "")
		}
		if w.revision != nil {
			rules := len(w.revision.Workstream.Routing.Rules)
			o.Counts = Counts{Channels: w.channels, Rules: int32(rules)} //nolint:gosec // bounded by the schema
		}
		s.report(o)
	}
}
