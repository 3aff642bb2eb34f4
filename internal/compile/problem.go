// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
)

const (
	// maxMessage is how long the message of a condition may be.
	maxMessage = 1024
	// keptProblems is how many problems are kept for a message; more than that never fit.
	keptProblems = 32
)

// problems is what is wrong with one condition of an object, in reading order. The zero value is nothing.
type problems struct {
	reason  string // of the first
	texts   []string
	reasons []string // of each of the texts
	count   int
}

func (p *problems) add(reason, format string, args ...any) {
	if p.count == 0 {
		p.reason = reason
	}
	p.count++
	if len(p.texts) < keptProblems {
		p.texts, p.reasons = append(p.texts, fmt.Sprintf(format, args...)), append(p.reasons, reason)
	}
}

// addAll adds what was found elsewhere, each with a prefix.
func (p *problems) addAll(found *problems, prefix string) {
	if !found.any() {
		return
	}
	if p.count == 0 {
		p.reason = found.reason
	}
	p.count += found.count
	for i, text := range found.texts {
		if len(p.texts) < keptProblems {
			p.texts, p.reasons = append(p.texts, prefix+text), append(p.reasons, found.reasons[i])
		}
	}
}

func (p *problems) any() bool { return p.count > 0 }

// message joins as many problems as fit beside the suffix, and says how many did not.
func (p *problems) message(suffix string) string {
	const more = "; and 1000000 more"
	room := maxMessage - len(suffix) - len(more)
	text := cut(p.texts[0], room)
	used := 1
	for _, next := range p.texts[1:] {
		if len(text)+len("; ")+len(next) > room {
			break
		}
		text += "; " + next
		used++
	}
	if rest := p.count - used; rest > 0 {
		text += fmt.Sprintf("; and %d more", rest)
	}
	return text + suffix
}

// cut shortens s to at most limit bytes, between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const dots = "..."
	return strings.ToValidUTF8(s[:limit-len(dots)], "") + dots
}

// good is what a condition says when nothing is wrong.
type good struct{ reason, message string }

var (
	soundSpec    = good{string(v1alpha1.ReasonAccepted), "The spec is sound"}
	resolvedRefs = good{string(v1alpha1.ReasonResolvedRefs), "All references are resolved"}
	noRefs       = good{string(v1alpha1.ReasonResolvedRefs), "There are no references to resolve"}
	noAgents     = good{string(v1alpha1.QueueReasonNoAgents), "All references are resolved, and no Agent serves the queue: items wait"}
)

// finding is what the condition says about p, or that all is good.
func (p *problems) finding(condition v1alpha1.ConditionType, g good, suffix string) Finding {
	if !p.any() {
		return Finding{Condition: condition, Status: metav1.ConditionTrue, Reason: g.reason, Message: g.message}
	}
	f := Finding{
		Condition: condition, Status: metav1.ConditionFalse, Reason: p.reason, Message: p.message(suffix),
		Problems: make([]Problem, len(p.texts)), More: p.count - len(p.texts),
	}
	for i, text := range p.texts {
		f.Problems[i] = Problem{p.reasons[i], text}
	}
	return f
}

// nothingWrong and noRefsWrong are the findings of the objects that nothing is wrong with, which are nearly all: one for all
// of them. They are never changed.
var (
	nothingWrong = []Finding{allGood(v1alpha1.ConditionAccepted, soundSpec), allGood(v1alpha1.ConditionResolvedRefs, resolvedRefs)}
	noRefsWrong  = []Finding{allGood(v1alpha1.ConditionAccepted, soundSpec), allGood(v1alpha1.ConditionResolvedRefs, noRefs)}
	nobodyServes = []Finding{allGood(v1alpha1.ConditionAccepted, soundSpec), allGood(v1alpha1.ConditionResolvedRefs, noAgents)}
)

func allGood(condition v1alpha1.ConditionType, g good) Finding {
	return new(problems).finding(condition, g, "")
}

// nothingNamed is the two findings of an object that names no others.
func nothingNamed(accepted *problems) []Finding {
	if !accepted.any() {
		return noRefsWrong
	}
	return []Finding{accepted.finding(v1alpha1.ConditionAccepted, soundSpec, ""), noRefsWrong[1]}
}

// judged is the two findings that every object has. The suffix follows what is wrong.
func judged(accepted, refs *problems, suffix string) []Finding {
	if !accepted.any() && !refs.any() {
		return nothingWrong
	}
	return []Finding{
		accepted.finding(v1alpha1.ConditionAccepted, soundSpec, suffix),
		refs.finding(v1alpha1.ConditionResolvedRefs, resolvedRefs, suffix),
	}
}
