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
)

// PartID is the name of a part of a plan by its content.
type PartID [16]byte

// String is the ID in hexadecimal digits.
func (id PartID) String() string { return hex.EncodeToString(id[:]) }

// IDOfPart returns the name of a part with that encoding.
func IDOfPart(body []byte) PartID {
	sum := sha256.Sum256(body)
	return PartID(sum[:len(PartID{})])
}

// manifestForm begins a manifest: it is 1 byte, then the 16 bytes of each part's ID in order.
const manifestForm = 'M'

// part is a run of elements of one kind, or the head of a plan. Plans are stored and sent in parts, so that what is the same
// in two plans is stored and sent once. Where a run ends depends on names alone: an element that is added or removed
// changes one part or two.
type part struct {
	id       PartID
	kind     kind
	from, to int // of the list of that kind; 0 of the head
	size     int // of its encoding, in bytes
}

// kind is a list of a plan, or its head, in the order of the manifest.
type kind uint8

const (
	headKind kind = iota
	queueKind
	profileKind
	calendarKind
	agentKind
	workstreamKind
	channelKind
	kindCount
)

// runs are how many elements of each kind a part has: on average, and at most.
var runs = [kindCount]struct{ average, most int }{
	queueKind: {64, 256}, profileKind: {64, 256}, calendarKind: {16, 64}, agentKind: {64, 256}, workstreamKind: {8, 32},
	channelKind: {64, 256},
}

// content is what a part encodes: one of its fields.
type content struct {
	Head        *head        `json:"head,omitempty"`
	Queues      []Queue      `json:"queues,omitempty"`
	Profiles    []Profile    `json:"profiles,omitempty"`
	Calendars   []Calendar   `json:"calendars,omitempty"`
	Agents      []Agent      `json:"agents,omitempty"`
	Workstreams []Workstream `json:"workstreams,omitempty"`
	Channels    []Channel    `json:"channels,omitempty"`
}

// head is what is not in lists of their own.
type head struct {
	Namespace     string           `json:"namespace"`
	Presences     []CustomPresence `json:"presences,omitempty"`
	PresenceRules PresenceRules    `json:"presenceRules,omitzero"`
	Issuers       []Issuer         `json:"issuers,omitempty"`
}

// length is how many elements p has of a kind.
func (p *Plan) length(k kind) int {
	return [kindCount]int{
		queueKind: len(p.Queues), profileKind: len(p.Profiles), calendarKind: len(p.Calendars), agentKind: len(p.Agents),
		workstreamKind: len(p.Workstreams), channelKind: len(p.Channels),
	}[k]
}

// nameOf is the name of the element of that index.
func (p *Plan) nameOf(k kind, i int) string {
	switch k {
	case queueKind:
		return p.Queues[i].Name
	case profileKind:
		return p.Profiles[i].Name
	case calendarKind:
		return p.Calendars[i].Name
	case agentKind:
		return p.Agents[i].Name
	case workstreamKind:
		return p.Workstreams[i].Name
	case channelKind:
		return p.Channels[i].Name
	case headKind, kindCount:
	}
	return ""
}

// cut returns the elements of a part.
func (p *Plan) cut(c part) content {
	switch c.kind {
	case headKind:
		return content{Head: &head{p.Namespace, p.Presences, p.PresenceRules, p.Issuers}}
	case queueKind:
		return content{Queues: p.Queues[c.from:c.to]}
	case profileKind:
		return content{Profiles: p.Profiles[c.from:c.to]}
	case calendarKind:
		return content{Calendars: p.Calendars[c.from:c.to]}
	case agentKind:
		return content{Agents: p.Agents[c.from:c.to]}
	case workstreamKind:
		return content{Workstreams: p.Workstreams[c.from:c.to]}
	case channelKind:
		return content{Channels: p.Channels[c.from:c.to]}
	case kindCount:
	}
	return content{}
}

// paste adds the elements of a part to p, and returns it with its place there. A part has elements of one kind.
func (p *Plan) paste(id PartID, c content, size int) (part, error) {
	var found []part
	add := func(k kind, before, n int) {
		if n > 0 {
			found = append(found, part{id: id, kind: k, from: before, to: before + n, size: size})
		}
	}
	if h := c.Head; h != nil {
		p.Namespace, p.Presences, p.PresenceRules, p.Issuers = h.Namespace, h.Presences, h.PresenceRules, h.Issuers
		found = append(found, part{id: id, kind: headKind, size: size})
	}
	add(queueKind, len(p.Queues), len(c.Queues))
	add(profileKind, len(p.Profiles), len(c.Profiles))
	add(calendarKind, len(p.Calendars), len(c.Calendars))
	add(agentKind, len(p.Agents), len(c.Agents))
	add(workstreamKind, len(p.Workstreams), len(c.Workstreams))
	add(channelKind, len(p.Channels), len(c.Channels))
	p.Queues, p.Profiles = append(p.Queues, c.Queues...), append(p.Profiles, c.Profiles...)
	p.Calendars = append(p.Calendars, c.Calendars...)
	p.Agents, p.Workstreams = append(p.Agents, c.Agents...), append(p.Workstreams, c.Workstreams...)
	p.Channels = append(p.Channels, c.Channels...)
	if len(found) != 1 {
		return part{}, fmt.Errorf("part %s has elements of %d kinds, not of one", id, len(found))
	}
	return found[0], nil
}

// ends reports whether a run ends behind an element: FNV-1a of its name decides.
func ends(name string, k kind, length int) bool {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * prime
	}
	// Names that differ at their end only differ in low bits.
	h ^= h >> 15
	return h%uint32(runs[k].average) == 0 || length >= runs[k].most //nolint:gosec // small and positive
}

// seal finds the parts of p, which must be sorted. What is the same as in before is not encoded again.
func (p *Plan) seal(before *Plan, same *sameness) error {
	p.parts = make([]part, 0, 1+len(p.Workstreams)/runs[workstreamKind].average*2)
	sealed, err := p.encodePart(part{kind: headKind})
	if err != nil {
		return err
	}
	p.parts = append(p.parts, sealed)
	for k := headKind + 1; k < kindCount; k++ {
		old := before.partsOf(k)
		if same.all(k) {
			p.parts = append(p.parts, old...)
			continue
		}
		for from, n := 0, p.length(k); from < n; {
			to, all := from, true
			for to == from || to < n && !ends(p.nameOf(k, to-1), k, to-from) {
				all = all && same.is(k, to)
				to++
			}
			next := part{kind: k, from: from, to: to}
			if all {
				old = next.find(p, before, old)
			}
			if next.size == 0 {
				if next, err = p.encodePart(next); err != nil {
					return err
				}
			}
			p.parts = append(p.parts, next)
			from = to
		}
	}
	p.version = Version(p.Manifest())
	return nil
}

// find takes over the ID of the part of before with the same elements, if there is one: with the same names, at both ends
// and in number, as c has, whose elements are all there. It returns the parts of before that are still to come.
func (c *part) find(p, before *Plan, old []part) []part {
	first := p.nameOf(c.kind, c.from)
	for len(old) > 0 && before.nameOf(c.kind, old[0].from) < first {
		old = old[1:]
	}
	if len(old) == 0 {
		return old
	}
	o := &old[0]
	if o.to-o.from == c.to-c.from && before.nameOf(c.kind, o.from) == first &&
		before.nameOf(c.kind, o.to-1) == p.nameOf(c.kind, c.to-1) {
		c.id, c.size = o.id, o.size
	}
	return old
}

func (p *Plan) partsOf(k kind) []part {
	if p == nil {
		return nil
	}
	from, _ := slices.BinarySearchFunc(p.parts, k, func(c part, k kind) int { return int(c.kind) - int(k) })
	to, _ := slices.BinarySearchFunc(p.parts, k+1, func(c part, k kind) int { return int(c.kind) - int(k) })
	return p.parts[from:to]
}

func (p *Plan) encodePart(c part) (part, error) {
	body, err := json.Marshal(p.cut(c))
	if err != nil {
		return c, fmt.Errorf("encoding a part of the plan: %w", err)
	}
	c.id, c.size = IDOfPart(body), len(body)
	return c, nil
}

// Version is the name of p by its content, as Encode returns it. p must have been made by Encode, Follow or Assemble.
func (p *Plan) Version() string { return p.version }

// Manifest lists the parts of p, as Assemble reads it. Version of it is the version of p.
func (p *Plan) Manifest() []byte {
	out := append(make([]byte, 0, 1+len(p.parts)*len(PartID{})), manifestForm)
	for i := range p.parts {
		out = append(out, p.parts[i].id[:]...)
	}
	return out
}

// Parts are the IDs of all parts of p, in order. None is there twice.
func (p *Plan) Parts() []PartID {
	ids := make([]PartID, len(p.parts))
	for i := range p.parts {
		ids[i] = p.parts[i].id
	}
	return ids
}

// Size is how many bytes the parts of p have together.
func (p *Plan) Size() int {
	size := 0
	for i := range p.parts {
		size += p.parts[i].size
	}
	return size
}

// Part returns the encoding of one part. The error is one of encoding, or says that p has no such part.
func (p *Plan) Part(id PartID) ([]byte, error) {
	for i := range p.parts {
		if p.parts[i].id == id {
			return json.Marshal(p.cut(p.parts[i]))
		}
	}
	return nil, fmt.Errorf("plan %s has no part %s", p.version, id)
}

// PartsOf reads a manifest.
func PartsOf(manifest []byte) ([]PartID, error) {
	if len(manifest) == 0 || manifest[0] != manifestForm || (len(manifest)-1)%len(PartID{}) != 0 {
		return nil, errors.New("it is no manifest of a plan")
	}
	ids := make([]PartID, 0, len(manifest)/len(PartID{}))
	for id := range slices.Chunk(manifest[1:], len(PartID{})) {
		ids = append(ids, PartID(id))
	}
	return ids, nil
}

// Assemble makes the plan that a manifest lists. What base has is taken from there, and shared with it; base may be nil. The
// encoding of any other part is what part returns.
func Assemble(manifest []byte, base *Plan, fetch func(PartID) ([]byte, error)) (*Plan, error) {
	ids, err := PartsOf(manifest)
	if err != nil {
		return nil, err
	}
	p := &Plan{version: Version(manifest), parts: make([]part, 0, len(ids))}
	have := base.byID()
	for len(ids) > 0 {
		if n := p.shareList(base, ids, have); n > 0 {
			ids = ids[n:]
			continue
		}
		next, err := p.addPart(base, ids[0], have, fetch)
		if err != nil {
			return nil, err
		}
		if n := len(p.parts); n > 0 && p.parts[n-1].kind > next.kind || (n == 0) != (next.kind == headKind) {
			return nil, fmt.Errorf("part %s is not in order", ids[0])
		}
		p.parts, ids = append(p.parts, next), ids[1:]
	}
	return p, p.buildIndex(base)
}

// shareList takes over a whole list of base, if ids begin with just its parts and nothing of the kind is there yet. It returns
// how many parts that are.
func (p *Plan) shareList(base *Plan, ids []PartID, have map[PartID]int) int {
	at, ok := have[ids[0]]
	if !ok {
		return 0
	}
	k := base.parts[at].kind
	list := base.partsOf(k)
	if k == headKind || len(p.parts) == 0 || p.parts[len(p.parts)-1].kind >= k || len(ids) < len(list) {
		return 0
	}
	for i := range list {
		if list[i].id != ids[i] {
			return 0
		}
	}
	if len(ids) > len(list) {
		if next, ok := have[ids[len(list)]]; !ok || base.parts[next].kind == k {
			return 0 // there may be more of the kind
		}
	}
	p.share(base, k)
	p.parts = append(p.parts, list...)
	return len(list)
}

// share takes over a list of base. What is added to it later must not get into the room behind that of base.
func (p *Plan) share(base *Plan, k kind) {
	switch k {
	case queueKind:
		p.Queues = slices.Clip(base.Queues)
	case profileKind:
		p.Profiles = slices.Clip(base.Profiles)
	case calendarKind:
		p.Calendars = slices.Clip(base.Calendars)
	case agentKind:
		p.Agents = slices.Clip(base.Agents)
	case workstreamKind:
		p.Workstreams = slices.Clip(base.Workstreams)
	case channelKind:
		p.Channels = slices.Clip(base.Channels)
	case headKind, kindCount:
	}
}

// addPart adds the elements of one part to p, those of base or those that fetch returns.
func (p *Plan) addPart(base *Plan, id PartID, have map[PartID]int, fetch func(PartID) ([]byte, error)) (part, error) {
	if i, ok := have[id]; ok {
		c := base.cut(base.parts[i])
		p.reserve(base, &c)
		return p.paste(id, c, base.parts[i].size)
	}
	body, err := fetch(id)
	if err != nil {
		return part{}, err
	}
	c, err := decodePart(id, body)
	if err != nil {
		return part{}, err
	}
	p.reserve(base, &c)
	return p.paste(id, c, len(body))
}

// reserve makes room for as many elements of the kind of c as base has, and a few more.
func (p *Plan) reserve(base *Plan, c *content) {
	const more = 8
	switch {
	case base == nil:
	case len(c.Agents) > 0 && p.Agents == nil:
		p.Agents = make([]Agent, 0, len(base.Agents)+more)
	case len(c.Workstreams) > 0 && p.Workstreams == nil:
		p.Workstreams = make([]Workstream, 0, len(base.Workstreams)+more)
	}
}

// shares reports whether a list of p is that of base.
func (p *Plan) shares(base *Plan, k kind) bool {
	if base == nil {
		return false
	}
	switch k {
	case queueKind:
		return sameList(p.Queues, base.Queues)
	case profileKind:
		return sameList(p.Profiles, base.Profiles)
	case calendarKind:
		return sameList(p.Calendars, base.Calendars)
	case agentKind:
		return sameList(p.Agents, base.Agents)
	case workstreamKind:
		return sameList(p.Workstreams, base.Workstreams)
	case channelKind:
		return sameList(p.Channels, base.Channels)
	default:
		return false
	}
}

func sameList[E any](a, b []E) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

func (p *Plan) byID() map[PartID]int {
	if p == nil {
		return nil
	}
	at := make(map[PartID]int, len(p.parts))
	for i := range p.parts {
		at[p.parts[i].id] = i
	}
	return at
}

// decodePart refuses what it does not understand whole, as Decode does.
func decodePart(id PartID, body []byte) (content, error) {
	var c content
	if got := IDOfPart(body); got != id {
		return c, fmt.Errorf("part %s is damaged: its content is that of %s", id, got)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("decoding a part of the plan: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, errors.New("decoding a part of the plan: there is something behind its end")
	}
	return c, nil
}
