// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"workstream.dev/operator/internal/rule"
)

// full has something in every field.
func full() *Plan {
	return &Plan{
		Namespace: "contoso",
		Workstreams: []Workstream{{
			Name: "chat", Revision: "abc", Type: Messaging, ChannelType: "Custom", Mode: Push, Units: 30,
			AllowedPresences: []Presence{Available, Busy},
			Offer:            Offer{Timeout: 2 * time.Minute, ReofferAfter: time.Minute, MaxDeclines: 3},
			WrapUp:           WrapUp{Block: BlockCustom, For: time.Minute}, Lifecycle: DefaultLifecycle(Messaging, "Custom", 8*time.Hour),
			Variables: []Variable{{Name: "basket", Kind: rule.Number}, {Name: "tier", Kind: rule.Text}},
			Routing: Routing{
				Ruleset: "chat-queues",
				Rules: []Rule{
					{
						Name: "vip",
						When: &rule.Condition{All: []rule.Condition{
							{Attribute: "context.tier", Operator: rule.In, Values: []string{"gold"}, CaseSensitive: true},
							{Not: &rule.Condition{Attribute: "context.basket", Operator: rule.LessThan, Values: []string{"5"}}},
						}},
						Split: []Target{{Queue: "vip", Percent: 100}},
					},
					{Name: "rest", Split: []Target{{Queue: "vip", Percent: 30}, {Queue: "general", Percent: 70}}},
				},
				Fallback: "general",
			},
		}, {
			Name: "cases", Type: Record, RecordType: "case", Mode: Pick, Units: 1, Routing: Routing{Fallback: "cases"},
		}},
		Channels: []Channel{
			{Name: "app", Workstream: "chat", Type: "Custom", Custom: &Custom{Address: "app", Credentials: "s"}},
			{Name: "web", Workstream: "chat", Type: "Custom", Custom: &Custom{
				Address: "contoso-web", Credentials: "secret", CallbackURL: "https://contoso.example",
			}},
		},
		Queues: []Queue{
			{Name: "cases", Type: Record, Priority: 1, Method: LeastActive},
			{Name: "general", Type: Messaging, Priority: 100, Method: HighestCapacity},
			{Name: "vip", Type: Messaging, Priority: 10, Method: RoundRobin},
		},
		Agents: []Agent{
			{Name: "ann", DisplayName: "Ann", Subject: "sub-ann", Roles: []Role{RoleAgent, RoleSupervisor}, Units: 60, Queues: []string{"general", "vip"}},
			{Name: "bob", Subject: "sub-bob", Roles: []Role{RoleAgent}, Queues: []string{"general"}},
		},
		Issuers: []Issuer{{
			Issuer: "https://idp.example", Audiences: []string{"a", "b"}, JWKSURL: "https://idp.example/keys", JWKSFile: "idp/jwks.json",
			RolesClaim: "roles",
		}},
	}
}

var ignoreDerived = cmp.Options{cmpopts.IgnoreUnexported(Plan{}, Workstream{}, Routing{}, Classification{})}

func encode(t *testing.T, p *Plan) ([]byte, string) {
	t.Helper()
	body, version, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return body, version
}

func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	body, version := encode(t, full())
	p, err := Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	want := full()
	slices.Reverse(want.Workstreams) // by name
	if diff := cmp.Diff(want, p, ignoreDerived); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
	again, sameVersion := encode(t, p)
	if !bytes.Equal(body, again) || version != sameVersion {
		t.Errorf("encoded again it is another plan:\n%s", cmp.Diff(string(body), string(again)))
	}
	if version != Version(p.Manifest()) || version != p.Version() || len(version) != 16 {
		t.Errorf("version %q is not that of the manifest", version)
	}
}

// Which fields a plan has is part of the protocol between two versions: a new one must be optional.
func TestEncodeWritesEveryField(t *testing.T) {
	body, _ := encode(t, full())
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{
		`"namespace"`, `"offer"`, `"kind":"Number"`, `"kind":"Text"`, `"caseSensitive":true`, `"fallback"`, `"percent":30`, `"jwksFile"`,
		`"timeout":120000000000`, `"lifecycle"`, `"displayName"`,
	} {
		if !strings.Contains(string(body), field) {
			t.Errorf("%s is missing in %s", field, body)
		}
	}
}

func TestEncodeOfTheSameContentIsTheSame(t *testing.T) {
	want, version := encode(t, full())
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		p := full()
		shuffle(r, p.Workstreams)
		shuffle(r, p.Channels)
		shuffle(r, p.Queues)
		shuffle(r, p.Agents)
		shuffle(r, p.Issuers)
		for i := range p.Workstreams {
			shuffle(r, p.Workstreams[i].AllowedPresences)
			shuffle(r, p.Workstreams[i].Variables)
		}
		for i := range p.Agents {
			shuffle(r, p.Agents[i].Roles)
			shuffle(r, p.Agents[i].Queues)
		}
		shuffle(r, p.Issuers[0].Audiences)
		got, gotVersion := encode(t, p)
		if !bytes.Equal(got, want) || gotVersion != version {
			t.Fatalf("seed %d (-want +got):\n%s", seed, cmp.Diff(string(want), string(got)))
		}
	}
}

func shuffle[E any](r *rand.Rand, list []E) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func TestEncodeOfOtherContentDiffers(t *testing.T) {
	_, version := encode(t, full())
	for name, edit := range map[string]func(*Plan){
		"units":          func(p *Plan) { p.Agents[0].Units++ },
		"order of rules": func(p *Plan) { slices.Reverse(p.Workstreams[0].Routing.Rules) },
		"namespace":      func(p *Plan) { p.Namespace = "fabrikam" },
	} {
		p := full()
		edit(p)
		if _, other := encode(t, p); other == version {
			t.Errorf("%s: the version is the same", name)
		}
	}
}

func TestSetRevision(t *testing.T) {
	revision := func(edit func(*Workstream)) string {
		w := full().Workstreams[0]
		edit(&w)
		if err := w.SetRevision(); err != nil {
			t.Fatal(err)
		}
		return w.Revision
	}
	want := revision(func(*Workstream) {})
	if len(want) != 10 {
		t.Errorf("revision %q has not 10 digits", want)
	}
	if got := revision(func(w *Workstream) { w.Revision = "other"; slices.Reverse(w.Variables) }); got != want {
		t.Errorf("the old revision or the order of variables counts: %s and %s", got, want)
	}
	if got := revision(func(w *Workstream) { w.Units++ }); got == want {
		t.Error("other units are the same revision")
	}
}

func TestPlanFindsItsParts(t *testing.T) {
	p := full()
	encode(t, p)
	if w := p.Workstream("chat"); w == nil || w.Units != 30 || p.Workstream("none") != nil {
		t.Errorf("Workstream: %+v", w)
	}
	if c := p.ChannelAt("contoso-web"); c == nil || c.Name != "web" || p.ChannelAt("web") != nil || p.Channel("web") != c {
		t.Errorf("ChannelAt: %+v", c)
	}
	if q := p.Queue("vip"); q == nil || q.Priority != 10 || p.Queue("none") != nil {
		t.Errorf("Queue: %+v", q)
	}
	if a := p.AgentOf("", "sub-bob"); a == nil || a.Name != "bob" || p.AgentOf("", "bob") != nil || p.AgentOf("i", "sub-bob") != a || p.Agent("bob") != a {
		t.Errorf("AgentOf: %+v", a)
	}
	if diff := cmp.Diff([]string{"ann", "bob"}, p.Members("general")); diff != "" {
		t.Error(diff)
	}
	if m := p.Members("cases"); m != nil {
		t.Errorf("Members of a queue that nobody is in: %v", m)
	}
	p.Agents[0].Zone = "Asia/Tokyo"
	encode(t, p)
	if z, other := p.Zone("Asia/Tokyo"), p.Zone("Europe/Berlin"); z.String() != "Asia/Tokyo" || other != time.UTC || p.Zone("") != time.UTC {
		t.Errorf("Zone: %s, %s", z, other)
	}
	w := p.Workstream("chat")
	if !w.Allows(Busy) || w.Allows(Away) {
		t.Error("Allows")
	}
	if w.Variable("tier") == nil || w.Variable("none") != nil {
		t.Error("Variable")
	}
}

func TestAttributeKind(t *testing.T) {
	p := full()
	encode(t, p)
	for name, want := range map[string]string{
		"context.tier": "Text", "context.basket": "Number", "context.none": "no", "context.": "no", "channel.locale": "Any",
		"customer.id": "Any", "record.amount": "Any", "record.": "no", "item.type": "Text", "item.channel": "Text", "item.x": "no", "": "no",
	} {
		kind, ok := p.Workstream("chat").AttributeKind(name)
		got := kind.String()
		if !ok {
			got = "no"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}

func TestRuleMatches(t *testing.T) {
	p := full()
	encode(t, p)
	routing := &p.Workstream("chat").Routing
	gold := rule.Attributes{"context.tier": rule.TextValue("gold")}
	if !routing.Matches(0, gold) || routing.Matches(0, nil) {
		t.Error("a rule with a condition does not follow it")
	}
	if !routing.Matches(1, nil) {
		t.Error("a rule without condition does not match")
	}
}

// A workstream that is read back on its own matches as before once it is compiled.
func TestWorkstreamCompile(t *testing.T) {
	body, err := json.Marshal(full().Workstreams[0])
	if err != nil {
		t.Fatal(err)
	}
	var w Workstream
	if err := json.Unmarshal(body, &w); err != nil {
		t.Fatal(err)
	}
	if err := w.Compile(nil); err != nil {
		t.Fatal(err)
	}
	if w.Routing.Matches(0, nil) {
		t.Error("its rule matches everything")
	}
	w.Variables = nil
	want := `workstream chat: rule vip: all[0].attribute: no attribute "context.tier" is declared`
	if err := w.Compile(nil); err == nil || err.Error() != want {
		t.Errorf("Compile: %v, want %s", err, want)
	}
}

func TestEncodeRefuses(t *testing.T) {
	tests := map[string]struct {
		edit func(*Plan)
		want string
	}{
		"two agents of a subject":    {func(p *Plan) { p.Agents[1].Subject = "sub-ann" }, "agents ann and bob have the same subject"},
		"an agent of no queue":       {func(p *Plan) { p.Agents[0].Queues = []string{"none"} }, `agent ann: no queue "none" in the plan`},
		"no fallback":                {func(p *Plan) { p.Workstreams[0].Routing.Fallback = "none" }, `workstream chat: no fallback queue "none" in the plan`},
		"a target that is not there": {func(p *Plan) { p.Workstreams[0].Routing.Rules[0].Split[0].Queue = "none" }, `workstream chat: rule vip: no queue "none" in the plan`},
		"a split of 99":              {func(p *Plan) { p.Workstreams[0].Routing.Rules[1].Split[0].Percent-- }, "workstream chat: rule rest: the split adds up to 99 percent, not 100"},
		"a share of nothing":         {func(p *Plan) { p.Workstreams[0].Routing.Rules[1].Split = []Target{{"vip", 110}, {"general", -10}} }, "workstream chat: rule rest: queue general has a share of -10 percent"},
		"no target at all":           {func(p *Plan) { p.Workstreams[0].Routing.Rules[1].Split = nil }, "workstream chat: rule rest: the split adds up to 0 percent, not 100"},
		"a bad condition":            {func(p *Plan) { p.Workstreams[0].Routing.Rules[0].When = &rule.Condition{} }, "workstream chat: rule vip: one of all, any, not and attribute must be set"},
		"a channel of none":          {func(p *Plan) { p.Channels[0].Workstream = "none" }, `channel app: no workstream "none" in the plan`},
		"a channel of another type":  {func(p *Plan) { p.Channels[0].Custom, p.Channels[0].Type = nil, "Fax" }, `channel app: type "Fax" is not known here`},
		"an address twice":           {func(p *Plan) { p.Channels[1].Custom.Address = "app" }, "channels app and web have the same address"},
		"two workstreams of a name":  {func(p *Plan) { p.Workstreams[1].Name = "chat" }, `two workstreams are named "chat"`},
		"two queues of a name":       {func(p *Plan) { p.Queues[0].Name = "vip" }, `two queues are named "vip"`},
		"two channels of a name":     {func(p *Plan) { p.Channels[0].Name = "web" }, `two channels are named "web"`},
		"an agent of no time zone":   {func(p *Plan) { p.Agents[0].Zone = "Mars/Base" }, `agent ann: time zone "Mars/Base" is not known`},
		"the zone of this host":      {func(p *Plan) { p.Agents[0].Zone = "Local" }, `agent ann: time zone "Local" is not known`},
		"two agents of a name":       {func(p *Plan) { p.Agents[0].Name = "bob" }, `two agents are named "bob"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := full()
			tc.edit(p)
			_, _, err := p.Encode()
			if got := fmt.Sprint(err); got != tc.want {
				t.Errorf("error %q, want %q", got, tc.want)
			}
			// What cannot be encoded cannot be decoded either, however it came to be.
			body, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(body); err == nil {
				t.Error("Decode accepts it")
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	body, _ := encode(t, full())
	for name, tc := range map[string]struct{ body, want string }{
		"nothing":            {"", "decoding plan: EOF"},
		"half of it":         {string(body[:100]), "decoding plan: unexpected EOF"},
		"an unknown field":   {`{"namespace":"x","bots":[]}`, `decoding plan: json: unknown field "bots"`},
		"a kind that is not": {strings.Replace(string(body), `"kind":"Text"`, `"kind":"Date"`, 1), `decoding plan: "Date" is not a kind of value: Text, Number, Time or Any`},
		"what is not sorted": {`{"namespace":"x","queues":[{"name":"b","type":"Record","priority":1,"method":"RoundRobin"},{"name":"a","type":"Record","priority":1,"method":"RoundRobin"}]}`, `queues are not sorted: "a" comes after "b"`},
		"a queue twice":      {strings.Replace(string(body), `["general","vip"]`, `["vip","vip"]`, 1), `agent ann: queue "vip" is there twice`},
		"something behind":   {string(body) + "{}", "decoding plan: there is something behind its end"},
	} {
		if _, err := Decode([]byte(tc.body)); fmt.Sprint(err) != tc.want {
			t.Errorf("%s: error %q, want %q", name, fmt.Sprint(err), tc.want)
		}
	}
}

// FuzzDecode: what is decoded is encoded to bytes that decode to the same.
func FuzzDecode(f *testing.F) {
	body, _, err := full().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"namespace":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Decode(body)
		if err != nil {
			return
		}
		first, version := encode(t, p)
		q, err := Decode(first)
		if err != nil {
			t.Fatalf("what Encode wrote is refused: %v", err)
		}
		if second, again := encode(t, q); !bytes.Equal(first, second) || version != again {
			t.Errorf("encoding twice differs:\n%s\n%s", first, second)
		}
	})
}

// TestDefaultLifecycles are those of facts 2.4 and 2.5, by channel type.
func TestDefaultLifecycles(t *testing.T) {
	const day = 24 * time.Hour
	asynchronous := Lifecycle{
		Waits: true, Open: 30 * day, Active: 30 * day, Waiting: 8 * time.Hour, WrapUp: day, AgentReturn: 150 * time.Second,
	}
	cases := map[string]struct {
		t       ItemType
		channel string
		want    Lifecycle
	}{
		"records":                {Record, "", Lifecycle{}},
		"a channel of one's own": {Messaging, "Custom", asynchronous},
		"SMS":                    {Messaging, "SMS", asynchronous},
		"plain live chat": {Messaging, LiveChat, Lifecycle{
			Open: 20 * time.Minute, WrapUp: 15 * time.Minute, CustomerReturn: 3 * time.Minute, AgentReturn: 150 * time.Second,
		}},
	}
	for name, tc := range cases {
		if got := DefaultLifecycle(tc.t, tc.channel, 8*time.Hour); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
