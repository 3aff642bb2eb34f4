// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/rule"
)

// large has n workstreams and agents over a few queues; every third workstream asks for a calendar.
func large(n int) *Plan {
	p := &Plan{Namespace: "contoso", Issuers: []Issuer{{Issuer: "https://idp.example"}}}
	p.Calendars = []Calendar{{Name: "office", Definition: hours.Definition{Zone: "Europe/Berlin"}}}
	for i := range n {
		p.Workstreams = append(p.Workstreams, someWorkstream(i, 1))
		p.Agents = append(p.Agents, Agent{
			Name: fmt.Sprint("agent-", i), Subject: fmt.Sprint("sub-", i), Roles: []Role{RoleAgent}, Queues: []string{"general"},
		})
		p.Channels = append(p.Channels, Channel{
			Name: fmt.Sprint("channel-", i), Workstream: p.Workstreams[i].Name, Type: "Custom", Custom: &Custom{Address: fmt.Sprint("c-", i)},
		})
		p.Profiles = append(p.Profiles, Profile{Name: fmt.Sprint("profile-", i)})
		p.Queues = append(p.Queues, Queue{Name: fmt.Sprint("queue-", i), Type: Messaging})
	}
	p.Queues = append(p.Queues, Queue{Name: "general", Type: Messaging})
	return p
}

func someWorkstream(i int, units int32) Workstream {
	w := Workstream{
		Name: fmt.Sprint("ws-", i), Type: Messaging, Units: units, Variables: []Variable{{Name: "tier", Kind: rule.Text}},
		Routing: Routing{Fallback: "general", Rules: []Rule{{
			Name: "gold", When: &rule.Condition{Attribute: "context.tier", Operator: rule.In, Values: []string{"gold"}},
			Split: []Target{{Queue: "general", Percent: 100}},
		}}},
	}
	if i%3 == 0 {
		w.Routing.Rules = append(w.Routing.Rules, Rule{
			Name: "open", When: &rule.Condition{Attribute: "item.createdAt", Operator: rule.Within, Hours: "office"},
			Split: []Target{{Queue: "general", Percent: 100}},
		})
	}
	if err := w.SetRevision(); err != nil {
		panic(err)
	}
	return w
}

func numberOf(w *Workstream) (i int) {
	if _, err := fmt.Sscanf(w.Name, "ws-%d", &i); err != nil {
		panic(err)
	}
	return i
}

// anew copies the lists of p, so that the copy can be changed and p stays as it is.
func anew(p *Plan) *Plan {
	return &Plan{
		Namespace: p.Namespace, Issuers: slices.Clone(p.Issuers), Presences: slices.Clone(p.Presences), PresenceRules: p.PresenceRules,
		Workstreams: slices.Clone(p.Workstreams), Agents: slices.Clone(p.Agents), Channels: slices.Clone(p.Channels),
		Queues: slices.Clone(p.Queues), Profiles: slices.Clone(p.Profiles), Calendars: slices.Clone(p.Calendars),
	}
}

// change makes one random edit.
func change(random *rand.Rand, p *Plan, n int) {
	i := random.IntN(len(p.Workstreams))
	switch random.IntN(8) {
	case 0:
		p.Workstreams[i] = someWorkstream(numberOf(&p.Workstreams[i]), int32(n+2))
	case 1:
		p.Agents[random.IntN(len(p.Agents))].Units = int32(n)
	case 2:
		p.Agents = slices.Delete(p.Agents, 3, 4+random.IntN(5))
	case 3:
		number := 100_000 + random.IntN(1_000_000_000)
		p.Workstreams = append(p.Workstreams, someWorkstream(number, 1))
		p.Agents = append(p.Agents, Agent{Name: fmt.Sprint("agent-x-", number), Subject: fmt.Sprint("x-", number)})
	case 4:
		p.Calendars[0].Zone = []string{"Europe/Berlin", "UTC", "America/New_York"}[random.IntN(3)]
		p.Calendars[0].compiled = nil
	case 5:
		p.Queues[random.IntN(len(p.Queues))].Priority = int32(n)
	case 6:
		p.Issuers[0].JWKSURL = fmt.Sprint("https://idp.example/", n)
	case 7:
		c := &p.Channels[random.IntN(len(p.Channels))]
		c.Custom = &Custom{Address: c.Custom.Address, CallbackURL: fmt.Sprint("https://example.org/", n)}
	}
}

// TestFollowAndAssembleAgreeWithEncode: however a plan came about, it is the same.
func TestFollowAndAssembleAgreeWithEncode(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	first := large(400)
	if err := first.Follow(nil); err != nil {
		t.Fatal(err)
	}
	here, there := first, mustAssemble(t, first, nil, nil)
	for n := range 200 {
		before, _, err := anew(here).Encode()
		if err != nil {
			t.Fatal(err)
		}
		next := anew(here)
		for range 1 + random.IntN(3) {
			change(random, next, n)
		}
		whole, version, err := anew(next).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := next.Follow(here); err != nil {
			t.Fatal(err)
		}
		var fetched int
		got := mustAssemble(t, next, there, &fetched)
		for who, p := range map[string]*Plan{"followed": next, "assembled": got} {
			body, err := p.Body()
			if err != nil || p.Version() != version || !bytes.Equal(body, whole) {
				t.Fatalf("edit %d: %s plan %s, want %s: %v\n%s", n, who, p.Version(), version, err, cmp.Diff(string(whole), string(body)))
			}
		}
		compiled(t, got)
		compiled(t, there) // still
		if got.Size() != next.Size() || fetched > 8 {
			t.Fatalf("edit %d: %d parts were fetched for three edits; %d bytes, want %d", n, fetched, got.Size(), next.Size())
		}
		if after, _, err := anew(here).Encode(); err != nil || !bytes.Equal(before, after) {
			t.Fatalf("edit %d changed the plan before it: %v", n, err)
		}
		here, there = next, got
	}
}

// compiled looks whether rules see the calendar that the plan has.
func compiled(t *testing.T, p *Plan) {
	t.Helper()
	for i := range p.Workstreams {
		w := &p.Workstreams[i]
		if w.Routing.set == nil || p.Workstream(w.Name) != w {
			t.Fatalf("workstream %s is not ready", w.Name)
		}
		for _, c := range w.Calendars() {
			if c.compiled != p.Hours(c.Name) {
				t.Fatalf("the rules of workstream %s have another calendar %s than the plan", w.Name, c.Name)
			}
		}
	}
}

// mustAssemble makes p again, as a replica that has base.
func mustAssemble(t *testing.T, p, base *Plan, fetched *int) *Plan {
	t.Helper()
	got, err := Assemble(p.Manifest(), base, func(id PartID) ([]byte, error) {
		if fetched != nil {
			*fetched++
		}
		return p.Part(id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAssembleRefusesWhatIsNotThePlan(t *testing.T) {
	p := large(100)
	if err := p.Follow(nil); err != nil {
		t.Fatal(err)
	}
	good := p.Manifest()
	swapped := slices.Clone(good)
	copy(swapped[1:], good[17:33])
	copy(swapped[17:], good[1:17])
	for name, c := range map[string]struct {
		manifest []byte
		spoil    func([]byte) []byte
		want     string
	}{
		"nothing":           {nil, nil, "no manifest"},
		"another form":      {append([]byte{'?'}, good[1:]...), nil, "no manifest"},
		"cut off":           {good[:len(good)-1], nil, "no manifest"},
		"out of order":      {swapped, nil, "not in order"},
		"without its head":  {append([]byte{manifestForm}, good[17:]...), nil, "not in order"},
		"a part twice":      {append(slices.Clone(good), good[len(good)-16:]...), nil, "not sorted"},
		"a part is missing": {append(slices.Clone(good[:17]), good[33:]...), nil, "no queue"},
		"a damaged part":    {good, func(b []byte) []byte { return append(b, ' ') }, "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Assemble(c.manifest, nil, func(id PartID) ([]byte, error) {
				body, err := p.Part(id)
				if c.spoil != nil {
					body = c.spoil(body)
				}
				return body, err
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestPartsWithUnknownFieldsAreRefused(t *testing.T) {
	for _, body := range []string{`{"agents":[{"name":"ann","magic":1}]}`, `{"other":[]}`, `{} {}`} {
		if _, err := decodePart(IDOfPart([]byte(body)), []byte(body)); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}

// TestPartsHaveEveryFieldOfAPlan: what is in no part would not reach a distributor.
func TestPartsHaveEveryFieldOfAPlan(t *testing.T) {
	have := map[string]bool{}
	for _, of := range []any{content{}, head{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(of)) {
			have[f.Name] = true
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Plan]()) {
		if f.IsExported() && !have[f.Name] {
			t.Errorf("Plan.%s is in no part", f.Name)
		}
	}
}

// TestEqualSeesEveryField: a field that it does not look at would not reach a distributor when it alone changes.
func TestEqualSeesEveryField(t *testing.T) {
	seesEveryField(t, equalQueues)
	seesEveryField(t, equalProfiles)
	seesEveryField(t, equalAgents)
	seesEveryField(t, equalCalendars)
	seesEveryField(t, equalChannels)
	seesEveryField(t, func(a, b *Custom) bool { return equalChannels(&Channel{Custom: a}, &Channel{Custom: b}) })
	seesEveryField(t, func(a, b *Workstream) bool {
		if err := errors.Join(a.SetRevision(), b.SetRevision()); err != nil {
			t.Fatal(err)
		}
		return equalWorkstreams(a, b)
	}, "Revision")
}

func seesEveryField[E any](t *testing.T, equal func(a, b *E) bool, but ...string) {
	t.Helper()
	if !equal(new(E), new(E)) {
		t.Errorf("two empty %Ts are not equal", *new(E))
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[E]()) {
		if !f.IsExported() || len(f.Index) > 1 || slices.Contains(but, f.Name) {
			continue
		}
		var other E
		fill(reflect.ValueOf(&other).Elem().FieldByIndex(f.Index))
		if equal(new(E), &other) {
			t.Errorf("%T.%s makes no difference", other, f.Name)
		}
	}
}

// fill puts something into v that is not its zero value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		fill(v.Field(0)) // one is enough, and trees have no end
	default:
		panic("fill does not know " + v.Kind().String())
	}
}

// BenchmarkFollow is one edit in a plan of 5,000 workstreams and 10,000 agents, at the manager and at a replica.
func BenchmarkFollow(b *testing.B) {
	p := large(5000)
	for i := range 5000 {
		p.Agents = append(p.Agents, Agent{Name: fmt.Sprint("more-", i), Subject: fmt.Sprint("more-", i)})
	}
	if err := p.Follow(nil); err != nil {
		b.Fatal(err)
	}
	edited := anew(p)
	edited.Workstreams[77] = someWorkstream(numberOf(&edited.Workstreams[77]), 99)
	b.Run("manager", func(b *testing.B) {
		for b.Loop() {
			if err := anew(edited).Follow(p); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := edited.Follow(p); err != nil {
		b.Fatal(err)
	}
	before, err := Assemble(p.Manifest(), nil, p.Part) // a plan that was only followed cannot be a replica's: it has no index
	if err != nil {
		b.Fatal(err)
	}
	b.Run("replica", func(b *testing.B) {
		for b.Loop() {
			if _, err := Assemble(edited.Manifest(), before, edited.Part); err != nil {
				b.Fatal(err)
			}
		}
	})
}
