// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"slices"

	"workstream.dev/operator/internal/rule"
)

// What the analysis of one ruleset may spend, in looks at one condition.
const (
	workOfRuleset = 30_000_000
	workOfRule    = 2_000_000
	// workOfGlance is for who waits for the answer.
	workOfGlance = 1_000_000
	workOfProof  = 100_000 // to make the list of the rules to blame shorter
)

// Ruleset returns what is to be said of the rules of one ruleset alone: those that can never be the first to match. names
// are theirs. The findings have no Kind and Name; Path is such as spec.rules[3](vip). Rules with an expression hide no other
// rule, as nobody can tell what it says.
func Ruleset(definitions []rule.Definition, names []string, env rule.Env) []Finding {
	return newRules(definitions, names, env, nil).findings()
}

// Glance is Ruleset for who cannot wait: it takes a second at most for 1,000 rules, and may not see all of them.
func Glance(definitions []rule.Definition, names []string, env rule.Env) []Finding {
	r := newRules(definitions, names, env, nil)
	r.work = workOfGlance
	return r.findings()
}

func (r *rules) findings() []Finding {
	list := r.unreachables(nil)
	found := slices.Grow([]Finding(nil), len(list)) // nil when there are none
	for _, u := range list {
		found = append(found, r.finding(u, "", ""))
	}
	return found
}

// rules are those of one ruleset, ready to be asked about.
type rules struct {
	*problem
	names []string
	forms []*form
}

// unreachable is a rule that is never the first to match.
type unreachable struct {
	rule int
	// by are the earlier rules that match all that it matches, none when it contradicts itself.
	by []int
}

// unreachables finds them. count says which rules hide those behind them; nil is all.
func (r *rules) unreachables(counts func(i int) bool) []unreachable {
	var out []unreachable
	var before []int
	for i := range r.forms {
		if u, ok := r.reach(i, before); ok {
			out = append(out, u)
		} else if counts == nil || counts(i) {
			before = append(before, i) // what is unreachable hides nothing that was not hidden before
		}
	}
	return out
}

func (r *rules) reach(i int, before []int) (unreachable, bool) {
	alone := r.solve(question{goal: r.forms[i], odd: true, work: workOfRule})
	switch alone.verdict {
	case impossible:
		return unreachable{rule: i}, true
	case unknown:
		return unreachable{}, false
	case possible: // unless those before it take all that it matches
	}
	found := r.against(i, before, workOfRule)
	if found.verdict != impossible {
		return unreachable{}, false
	}
	by := make([]int, len(found.core))
	for j, k := range found.core {
		by[j] = before[k]
	}
	return unreachable{i, r.minimal(i, by)}, true
}

func (r *rules) against(i int, before []int, work int) answer {
	blockers := make([]*form, len(before))
	for j, k := range before {
		blockers[j] = r.forms[k]
	}
	return r.solve(question{goal: r.forms[i], blockers: blockers, odd: true, work: work})
}

// minimal leaves out of by what the proof does not need: the last ones first, so that the earliest rules are named.
func (r *rules) minimal(i int, by []int) []int {
	const most = 64
	for j := range by { // one alone is best
		if j < most && len(by) > 1 && r.against(i, by[j:j+1], workOfProof).verdict == impossible {
			return by[j : j+1]
		}
	}
	for j := len(by) - 1; j >= 0 && len(by) > 1 && len(by) <= most; j-- {
		rest := append(append([]int{}, by[:j]...), by[j+1:]...)
		if r.against(i, rest, workOfProof).verdict == impossible {
			by = rest
		}
	}
	return by
}

func (r *rules) path(i int) string { return fmt.Sprintf("spec.rules[%d](%s)", i, r.names[i]) }

// finding says of a rule that it is unreachable.
func (r *rules) finding(u unreachable, kind, name string) Finding {
	f := Finding{Severity: Warning, Kind: kind, Name: name, Path: r.path(u.rule)}
	if len(u.by) == 0 {
		f.Code = RuleContradiction
		f.Message = "no item can match this rule: its condition contradicts itself"
		return f
	}
	f.Code = RuleShadowed
	for _, i := range u.by {
		f.Blame = append(f.Blame, Place{kind, name, r.path(i)})
	}
	if len(u.by) == 1 {
		f.Message = fmt.Sprintf("no item gets as far as this rule: rule %q before it matches every item that it matches", r.names[u.by[0]])
		return f
	}
	f.Message = fmt.Sprintf("no item gets as far as this rule: together, the rules %s before it match every item that it matches",
		r.list(u.by))
	return f
}

// list names rules.
func (r *rules) list(of []int) string {
	const most = 10
	text := ""
	for j, i := range of {
		switch {
		case j == most && len(of) > most:
			return text + fmt.Sprintf(" and %d more", len(of)-most)
		case j > 0 && j == len(of)-1:
			text += " and "
		case j > 0:
			text += ", "
		}
		text += fmt.Sprintf("%q", r.names[i])
	}
	return text
}

// newRules makes rules ready. Attributes that are fixed have one value for all items, which may be absence.
func newRules(definitions []rule.Definition, names []string, env rule.Env, fixed rule.Attributes) *rules {
	r := &rules{problem: newProblem(env, fixed, workOfRuleset), names: names}
	for i := range definitions {
		r.forms = append(r.forms, r.addRule(&definitions[i]))
	}
	r.build()
	return r
}
