// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"workstream.dev/operator/internal/manifest"
	"workstream.dev/operator/internal/version"
)

// The parts of a log in the Static Analysis Results Interchange Format 2.1.0 that lint fills in.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifMessage `json:"shortDescription"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID           string          `json:"ruleId"`
		RuleIndex        int             `json:"ruleIndex"`
		Level            string          `json:"level"`
		Message          sarifMessage    `json:"message"`
		Locations        []sarifLocation `json:"locations"`
		RelatedLocations []sarifLocation `json:"relatedLocations,omitempty"`
		Properties       map[string]any  `json:"properties,omitempty"`
	}
	sarifLocation struct {
		ID               int            `json:"id,omitempty"`
		PhysicalLocation *sarifPhysical `json:"physicalLocation,omitempty"`
		LogicalLocations []sarifLogical `json:"logicalLocations,omitempty"`
		Message          *sarifMessage  `json:"message,omitempty"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
		Kind               string `json:"kind"`
	}
)

// sarif is the report for code scanning.
func (r *report) sarif() *sarifLog {
	seen := map[string]bool{}
	for i := range r.Findings {
		seen[r.Findings[i].Code] = true
	}
	codes := slices.Sorted(maps.Keys(seen))
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "kubectl-workstream", Version: version.String(), Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	for _, code := range codes {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{code, sarifMessage{words(code)}})
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		index, _ := slices.BinarySearch(codes, f.Code)
		result := sarifResult{
			RuleID: f.Code, RuleIndex: index, Level: f.Severity.level(), Message: sarifMessage{f.line()},
			Locations: []sarifLocation{sarifAt(f.Place, f.Namespace, f.Kind, f.Name, f.Field)},
		}
		for j, other := range f.Related {
			l := sarifAt(other.Place, f.Namespace, other.Kind, other.Name, other.Field)
			l.ID, l.Message = j+1, &sarifMessage{strings.TrimSpace(other.Kind + " " + other.Name + " " + other.Field)}
			result.RelatedLocations = append(result.RelatedLocations, l)
		}
		if len(f.Witness) > 0 {
			result.Properties = map[string]any{"witness": f.Witness}
		}
		run.Results = append(run.Results, result)
	}
	return &sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	}
}

func (s severity) level() string {
	switch s {
	case severityError, severityWarning:
		return string(s)
	case severityInfo:
	}
	return "note"
}

func sarifAt(place manifest.Place, namespace, kind, name, field string) sarifLocation {
	var l sarifLocation
	if place.File != "" {
		uri := url.URL{Path: filepath.ToSlash(filepath.Clean(place.File))}
		l.PhysicalLocation = &sarifPhysical{ArtifactLocation: sarifArtifact{uri.String()}}
		if place.Line > 0 {
			l.PhysicalLocation.Region = &sarifRegion{place.Line, place.Column}
		}
	}
	if kind != "" {
		path := []string{namespace, kind, name}
		if field != "" {
			path = append(path, field)
		}
		l.LogicalLocations = []sarifLogical{{strings.Join(path, "/"), "object"}}
	}
	return l
}

// words writes a code such as QueueNotFound as words: queue not found.
func words(code string) string {
	var out strings.Builder
	for i, r := range code {
		if i > 0 && r >= 'A' && r <= 'Z' {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return strings.ToLower(out.String())
}
