// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/analysis"
	"workstream.dev/operator/internal/rule"
)

// addAnalysis adds what the analysis of a namespace finds.
func (r *report) addAnalysis(w *world, s *space) {
	for _, found := range analysis.Plan(s.Output.Plan) {
		f := finding{
			Severity: severityWarning, Code: string(found.Code), Namespace: s.Namespace, Kind: found.Kind, Name: found.Name,
			Field: found.Path, Message: found.Message, Witness: plainAttributes(found.Witness),
		}
		if found.Severity == analysis.Info {
			f.Severity = severityInfo
		}
		if e := w.Set.Get(found.Kind, s.Namespace, found.Name); e != nil {
			f.Place, f.Field = e.Place(found.Path), e.Named(found.Path)
		}
		for _, at := range found.Blame {
			other := related{Kind: at.Kind, Name: at.Name, Field: at.Path}
			if e := w.Set.Get(at.Kind, s.Namespace, at.Name); e != nil {
				other.Place, other.Field = e.Place(at.Path), e.Named(at.Path)
			}
			f.Related = append(f.Related, other)
		}
		if found.Code == analysis.QueueUnserved {
			r.Findings = slices.DeleteFunc(r.Findings, func(other finding) bool { // the condition says less
				return other.Code == string(v1alpha1.QueueReasonNoAgents) && other.Namespace == f.Namespace && other.Name == f.Name
			})
		}
		r.Findings = append(r.Findings, f)
	}
}

// plainAttributes are values as JSON has them.
func plainAttributes(attrs rule.Attributes) map[string]any {
	if len(attrs) == 0 {
		return nil
	}
	out := make(map[string]any, len(attrs))
	for name, v := range attrs {
		if n, ok := v.Number(); ok {
			out[name] = n
		} else {
			out[name] = v.String()
		}
	}
	return out
}

// flow writes attributes in one line, as YAML reads them.
func flow(attrs map[string]any) string {
	parts := make([]string, 0, len(attrs))
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		value := ""
		switch v := attrs[name].(type) {
		case float64:
			value = strconv.FormatFloat(v, 'f', -1, 64)
		case string:
			value = strconv.Quote(v)
		}
		parts = append(parts, name+": "+value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
