// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Encode sorts p's lists, and returns its canonical bytes with their version. p is ready for use afterwards, as if it
// had been decoded.
func (p *Plan) Encode() (body []byte, version string, err error) {
	p.sortLists()
	p.sortElements(nil)
	if err := p.buildIndex(nil); err != nil {
		return nil, "", err
	}
	if err := p.seal(nil, nil); err != nil {
		return nil, "", err
	}
	if body, err = p.Body(); err != nil {
		return nil, "", err
	}
	return body, p.version, nil
}

// Body is the canonical encoding of p in one piece: what a file with a plan has.
func (p *Plan) Body() ([]byte, error) {
	body, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encoding plan: %w", err)
	}
	return body, nil
}

// sortLists brings the lists of p into the order of names.
func (p *Plan) sortLists() {
	slices.SortFunc(p.Workstreams, func(a, b Workstream) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Channels, func(a, b Channel) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Queues, func(a, b Queue) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Agents, func(a, b Agent) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Profiles, func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Calendars, func(a, b Calendar) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Presences, func(a, b CustomPresence) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Issuers, func(a, b Issuer) int { return strings.Compare(a.Issuer, b.Issuer) })
}

// sortElements brings the lists in the elements of p into order, but for elements that are the same as before.
func (p *Plan) sortElements(same *sameness) {
	for i := range p.Workstreams {
		if !same.is(workstreamKind, i) {
			p.Workstreams[i].sort()
		}
	}
	for i := range p.Agents {
		if same.is(agentKind, i) {
			continue
		}
		a := &p.Agents[i]
		a.Roles, a.Queues = sorted(a.Roles), sorted(a.Queues)
		a.Skills = sortedSkills(a.Skills)
		a.Profiles = slices.Clone(a.Profiles)
		slices.SortFunc(a.Profiles, func(x, y AgentProfile) int { return strings.Compare(x.Name, y.Name) })
	}
	for i := range p.Issuers {
		p.Issuers[i].Audiences = sorted(p.Issuers[i].Audiences)
	}
}

// Decode reads what Encode wrote. It refuses a body that it does not understand whole: a plan that is half understood
// would route wrongly.
func Decode(body []byte) (*Plan, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	p := &Plan{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("decoding plan: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decoding plan: there is something behind its end")
	}
	if err := p.buildIndex(nil); err != nil {
		return nil, err
	}
	return p, p.seal(nil, nil)
}

// Version is the name of a plan by its content: 16 hexadecimal digits of the SHA-256 of its manifest, which names its parts by
// theirs.
func Version(manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return hex.EncodeToString(sum[:8])
}

// sort brings the lists of w whose order means nothing into the one order that they are written in.
func (w *Workstream) sort() {
	w.AllowedPresences = sorted(w.AllowedPresences)
	w.Profiles = sorted(w.Profiles)
	w.Classification = slices.Clone(w.Classification)
	for i := range w.Classification {
		c := &w.Classification[i]
		c.Rules = slices.Clone(c.Rules)
		for j := range c.Rules {
			c.Rules[j].Skills, c.Rules[j].Profiles = sortedSkills(c.Rules[j].Skills), sorted(c.Rules[j].Profiles)
		}
	}
	w.Variables = slices.Clone(w.Variables)
	slices.SortFunc(w.Variables, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
}

func sortedSkills(list []Skill) []Skill {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b Skill) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// sorted returns a set in order. The list itself may be somebody else's.
func sorted[E ~string](list []E) []E {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// SetRevision sets w's revision to the hash of its other fields.
func (w *Workstream) SetRevision() error {
	w.sort()
	c := *w
	c.Revision = ""
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encoding workstream %s: %w", w.Name, err)
	}
	w.Revision = Version(body)[:10]
	return nil
}
