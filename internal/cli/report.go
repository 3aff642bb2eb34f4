// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/manifest"
)

// severity is how bad a finding is.
type severity string

const (
	severityError   severity = "error"
	severityWarning severity = "warning"
	severityInfo    severity = "info"
)

// What a finding is called whose object the API server would refuse.
const (
	codeUnreadable = "Unreadable" // no object could be read
	codeSchema     = "Schema"     // the definition of the kind does not allow it
	codeMore       = "More"       // findings that are not told one by one
)

// finding is one thing that lint says.
type finding struct {
	manifest.Place

	Severity severity `json:"severity"`
	// Code says what kind of thing it is: Schema, the reason of a condition, or that of an analysis.
	Code      string `json:"code"`
	Namespace string `json:"namespace,omitempty"`
	Kind      string `json:"kind,omitempty"`
	Name      string `json:"name,omitempty"`
	Field     string `json:"field,omitempty"`
	Message   string `json:"message"`
	// Witness is an item that shows it: attributes by name, as --given takes them.
	Witness map[string]any `json:"witness,omitempty"`
	// Related are other places that have to do with it.
	Related []related `json:"related,omitempty"`
}

type related struct {
	manifest.Place

	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Field string `json:"field,omitempty"`
}

// report is all that lint says.
type report struct {
	Summary  summary   `json:"summary"`
	Findings []finding `json:"findings"`
}

type summary struct {
	Objects  int `json:"objects"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
}

func (r *report) count(s severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == s {
			n++
		}
	}
	return n
}

// finish sorts the findings and sums them up.
func (r *report) finish(objects int) {
	slices.SortStableFunc(r.Findings, func(a, b finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Namespace, b.Namespace),
			strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Field, b.Field),
			strings.Compare(a.Message, b.Message))
	})
	r.Summary = summary{objects, r.count(severityError), r.count(severityWarning), r.count(severityInfo)}
}

// addProblem adds what the API server would refuse.
func (r *report) addProblem(p manifest.Problem) {
	code := codeSchema
	if p.Kind == "" {
		code = codeUnreadable
	}
	r.Findings = append(r.Findings, finding{
		Place: p.Place, Severity: severityError, Code: code, Namespace: p.Namespace, Kind: p.Kind, Name: p.Name,
		Field: p.Field, Message: p.Message,
	})
}

// addCompiled adds what the conditions of the objects of a namespace would say. What a workstream says of a ruleset is left
// to that ruleset, and what is said of an object that the API server refuses anyway is left out.
func (r *report) addCompiled(w *world, s *space) {
	for o := range s.Output.All() {
		e := w.Set.Get(o.Kind, s.Namespace, o.Name)
		if e == nil || !e.Valid() {
			continue
		}
		for _, f := range o.Findings {
			if f.Status == metav1.ConditionTrue {
				if f.Reason == string(v1alpha1.QueueReasonNoAgents) {
					r.add(e, severityWarning, f.Reason, "", "no Agent serves the queue: items wait")
				}
				continue
			}
			for _, p := range f.Problems {
				if !saidElsewhere(s.Output, p.Text) {
					path, message := cutPath(p.Text)
					r.add(e, severityError, p.Reason, path, message)
				}
			}
			if f.More > 0 {
				r.add(e, severityError, codeMore, "", fmt.Sprintf("%d more problems of this object are not told one by one", f.More))
			}
		}
	}
}

func (r *report) add(e *manifest.Entry, s severity, code, path, message string) {
	r.Findings = append(r.Findings, finding{
		Place: e.Place(path), Severity: s, Code: code, Namespace: e.Namespace, Kind: e.Kind, Name: e.Name, Field: e.Named(path),
		Message: message,
	})
}

var (
	ofRuleset = regexp.MustCompile(`^RoutingRuleset "([^"]+)": (.*)$`)
	forOther  = regexp.MustCompile(`^(for Workstream "[^"]+"): (.*)$`)
	atPath    = regexp.MustCompile(`^((?:spec|metadata)(?:\.[A-Za-z_][\w-]*|\[\d+\]|\((?:[^()]|\([^()]*\))*\))*): (.*)$`)
)

// saidElsewhere reports whether the ruleset that a workstream complains of complains itself.
func saidElsewhere(out *compile.Output, text string) bool {
	m := ofRuleset.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	o := out.Object(v1alpha1.KindRoutingRuleset, m[1])
	return o != nil && slices.ContainsFunc(o.Findings, func(f compile.Finding) bool {
		return slices.ContainsFunc(f.Problems, func(p compile.Problem) bool { return strings.HasSuffix(p.Text, m[2]) })
	})
}

// cutPath separates where something is wrong from what.
func cutPath(text string) (path, message string) {
	suffix := ""
	if m := forOther.FindStringSubmatch(text); m != nil {
		text, suffix = m[2], " ("+m[1]+")"
	}
	if m := atPath.FindStringSubmatch(text); m != nil {
		return m[1], m[2] + suffix
	}
	return "", text + suffix
}

// text writes a line for each finding, and the sum.
func (r *report) text(p *page) {
	for i := range r.Findings {
		f := &r.Findings[i]
		p.printf("%s: %s: %s\n", p.paint(bold, f.where()), p.paint(f.Severity.colour(), string(f.Severity)), f.line())
		for _, other := range f.Related {
			p.printf("    %s: %s %s %s\n", other.where(), other.Kind, other.Name, other.Field)
		}
		if len(f.Witness) > 0 {
			p.printf("    for example: %s\n", flow(f.Witness))
		}
	}
	p.printf("%s: %s\n", many(r.Summary.Objects, "object"), r.Summary.line())
}

func (s summary) line() string {
	if s.Errors+s.Warnings+s.Infos == 0 {
		return "nothing found"
	}
	text := many(s.Errors, "error") + ", " + many(s.Warnings, "warning")
	if s.Infos > 0 {
		text += ", " + many(s.Infos, "hint")
	}
	return text
}

// where is the place of a finding, or of what comes from a cluster its namespace.
func (f *finding) where() string {
	if f.File == "" {
		return "namespace " + f.Namespace
	}
	return f.String()
}

func (o *related) where() string {
	if o.File == "" {
		return "see"
	}
	return o.String()
}

// line is what a finding says, without its place and severity.
func (f *finding) line() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{strings.TrimSpace(f.Kind + " " + f.Name), f.Field} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(append(parts, f.Message), ": ") + " [" + f.Code + "]"
}

func (s severity) colour() colour {
	switch s {
	case severityError:
		return red
	case severityWarning:
		return yellow
	case severityInfo:
	}
	return blue
}

// many writes a number of things.
func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
