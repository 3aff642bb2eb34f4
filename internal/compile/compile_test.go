// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// inputs are the golden inputs and a large namespace, by name, each made anew when asked for.
func inputs(t *testing.T) map[string]func() *Input {
	t.Helper()
	made := map[string]func() *Input{"a large namespace": func() *Input { return namespaceOf(50) }}
	paths, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden inputs: %v", err)
	}
	for _, path := range paths {
		made[filepath.Base(path)] = func() *Input { return readInput(t, path) }
	}
	return made
}

func TestCompileGivesTheSameForAnyOrder(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for name, input := range inputs(t) {
		want := mustCompile(t, input())
		for range 10 {
			in := input()
			shuffle(random, in.Workstreams)
			shuffle(random, in.Channels)
			shuffle(random, in.ContextVariables)
			shuffle(random, in.RoutingRulesets)
			shuffle(random, in.Queues)
			shuffle(random, in.Agents)
			shuffle(random, in.CapacityProfiles)
			shuffle(random, in.OperatingHours)
			shuffle(random, in.Distributors)
			got := mustCompile(t, in)
			if !bytes.Equal(want.Body, got.Body) || want.Version != got.Version {
				t.Fatalf("%s: plans differ:\n%s", name, cmp.Diff(string(want.Body), string(got.Body)))
			}
			if diff := cmp.Diff(want.Objects, got.Objects, revisions); diff != "" {
				t.Fatalf("%s: findings differ:\n%s", name, diff)
			}
			if diff := cmp.Diff(want.Credentials, got.Credentials); diff != "" {
				t.Fatalf("%s: credentials differ:\n%s", name, diff)
			}
		}
	}
}

// revisions compares what is stored of a rule or a calendar, not what is compiled from it.
var revisions = cmp.Options{
	cmpopts.IgnoreUnexported(plan.Workstream{}, plan.Routing{}, plan.Classification{}, plan.Calendar{}), cmpopts.EquateComparable(rule.Value{}),
}

func shuffle[T any](random *rand.Rand, list []T) {
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func mustCompile(t testing.TB, in *Input) *Output {
	t.Helper()
	out, err := Compile(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCompileLeavesItsInputAlone(t *testing.T) {
	for name, input := range inputs(t) {
		in, want := input(), input()
		mustCompile(t, in)
		if !reflect.DeepEqual(want, in) {
			t.Errorf("%s: the input was changed:\n%s", name, cmp.Diff(want, in, revisions))
		}
	}
}

func TestCompileOfNothingIsAnEmptyPlan(t *testing.T) {
	out := mustCompile(t, &Input{Namespace: "contoso"})
	if got, want := string(out.Body), `{"namespace":"contoso"}`; got != want {
		t.Errorf("body = %s, want %s", got, want)
	}
	if out.Version != out.Plan.Version() || len(out.Objects) != 0 {
		t.Errorf("version %q, objects %v", out.Version, out.Objects)
	}
}

// TestRevisionServesAgainAfterAMistake goes the whole way: a good revision is stored, its objects break, and the plan still
// has the workstream with every byte.
func TestRevisionServesAgainAfterAMistake(t *testing.T) {
	const path = "testdata/workstream-takes-its-whole-spec-into-the-plan.in.yaml"
	good := mustCompile(t, readInput(t, path))
	stored, err := json.Marshal(good.Object(v1alpha1.KindWorkstream, "chat").Revision)
	if err != nil {
		t.Fatal(err)
	}
	mistakes := map[string]func(in *Input){
		"the ruleset is gone":          func(in *Input) { in.RoutingRulesets = nil },
		"the variable is gone":         func(in *Input) { in.ContextVariables = nil },
		"all queues are gone":          func(in *Input) { in.Queues = nil },
		"the spec cannot be read":      func(in *Input) { in.Workstreams[0].Spec.WorkDistribution.Offer.Timeout = "soon" },
		"a rule cannot be read":        func(in *Input) { in.RoutingRulesets[0].Spec.Rules[0].When.Operator = "Like" },
		"a queue has another type":     func(in *Input) { in.Queues[0].Spec.Type = v1alpha1.ItemTypeRecord },
		"the capacity profile is gone": func(in *Input) { in.CapacityProfiles = nil },
		"the calendar is gone":         func(in *Input) { in.Queues, in.OperatingHours = nil, nil },
		"all that is named is gone": func(in *Input) {
			in.Queues, in.CapacityProfiles, in.OperatingHours, in.RoutingRulesets = nil, nil, nil, nil
		},
		"a variable changed its kind": func(in *Input) { in.ContextVariables[0].Spec.Type = v1alpha1.VariableNumber },
	}
	for name, mistake := range mistakes {
		t.Run(name, func(t *testing.T) {
			in := readInput(t, path)
			var revision Revision
			if err := json.Unmarshal(stored, &revision); err != nil {
				t.Fatal(err)
			}
			in.LastGood = RevisionsByName{"chat": &revision}
			mistake(in)
			out := mustCompile(t, in)
			if diff := cmp.Diff(good.Plan.Workstreams, out.Plan.Workstreams, revisions); diff != "" {
				t.Errorf("the workstream changed (-good +now):\n%s", diff)
			}
			if diff := cmp.Diff(good.Plan.Agents, out.Plan.Agents); diff != "" {
				t.Errorf("its agents changed (-good +now):\n%s", diff)
			}
			if diff := cmp.Diff(good.Plan.Profiles, out.Plan.Profiles); diff != "" {
				t.Errorf("its capacity profiles changed (-good +now):\n%s", diff)
			}
			if diff := cmp.Diff(good.Plan.Calendars, out.Plan.Calendars, revisions); diff != "" {
				t.Errorf("the hours of its queues changed (-good +now):\n%s", diff)
			}
			o := out.Object(v1alpha1.KindWorkstream, "chat")
			if !o.Retained || o.Absent == "" {
				t.Errorf("retained %v, absent %q", o.Retained, o.Absent)
			}
			if again, err := json.Marshal(o.Revision.Workstream); err != nil || !bytes.Contains(stored, again) {
				t.Errorf("the revision to store changed: %s, %v", again, err)
			}
		})
	}
}

// TestHoursServeAgainAfterAMistake: the workstream is sound, so it is the queue that tells of its calendar.
func TestHoursServeAgainAfterAMistake(t *testing.T) {
	const path = "testdata/workstream-takes-its-whole-spec-into-the-plan.in.yaml"
	good := mustCompile(t, readInput(t, path))
	mistakes := map[string]func(in *Input){
		"the calendar is gone":            func(in *Input) { in.OperatingHours = nil },
		"nobody knows its time zone":      func(in *Input) { in.OperatingHours[0].Spec.TimeZone = "Europe/Atlantis" },
		"the workstream is mistaken, too": func(in *Input) { in.OperatingHours, in.CapacityProfiles = nil, nil },
	}
	for name, mistake := range mistakes {
		t.Run(name, func(t *testing.T) {
			in := readInput(t, path)
			in.LastGood = RevisionsByName{"chat": good.Object(v1alpha1.KindWorkstream, "chat").Revision}
			mistake(in)
			out := mustCompile(t, in)
			if diff := cmp.Diff(good.Plan, out.Plan, revisions, cmpopts.IgnoreUnexported(plan.Plan{})); diff != "" {
				t.Errorf("the plan changed (-good +now):\n%s", diff)
			}
			if o := out.Object(v1alpha1.KindQueue, "vip"); o.Absent == "" {
				t.Error("the queue says nothing")
			}
		})
	}
}

func TestLastGoodThatCannotRunIsIgnored(t *testing.T) {
	const path = "testdata/workstream-keeps-its-last-good-revision.in.yaml"
	broken := map[string]func(r *Revision){
		"of another name":            func(r *Revision) { r.Workstream.Name = "other" },
		"without a revision":         func(r *Revision) { r.Workstream.Revision = "" },
		"with a rule from elsewhere": func(r *Revision) { r.Workstream.Routing.Rules[0].When.Operator = "Like" },
		"with a negative share": func(r *Revision) {
			r.Workstream.Routing.Rules[0].Split = []plan.Target{{Queue: "general", Percent: 120}, {Queue: "general", Percent: -20}}
		},
		"without a profile": func(r *Revision) { r.Workstream.Profiles = []string{"gone"} },
		"with a calendar that is none": func(r *Revision) {
			r.Workstream.Routing.Fallback = "night"
			r.Queues = append(slices.Clone(r.Queues), plan.Queue{Name: "night", Type: plan.Messaging, Hours: "office"})
			r.Calendars = []plan.Calendar{{Name: "office", Definition: hours.Definition{Zone: "Europe/Atlantis"}}}
		},
		"with a split of 90": func(r *Revision) { r.Workstream.Routing.Rules[0].Split[0].Percent = 90 },
	}
	if o := mustCompile(t, readInput(t, path)).Object(v1alpha1.KindWorkstream, "chat"); !o.Retained {
		t.Fatal("nothing is retained, so nothing is tested")
	}
	for name, edit := range broken {
		t.Run(name, func(t *testing.T) {
			in := readInput(t, path)
			edit(in.LastGood.Revision("chat"))
			if o := mustCompile(t, in).Object(v1alpha1.KindWorkstream, "chat"); o.Revision != nil {
				t.Errorf("revision %s is retained", o.Revision.Workstream.Revision)
			}
		})
	}
}

func TestMessagesAreBounded(t *testing.T) {
	long := strings.Repeat("ü", 2000)
	var p problems
	p.add("Reason", "%s", long)
	for range 99 {
		p.add("Other", "short")
	}
	f := p.finding(v1alpha1.ConditionAccepted, soundSpec, ". Suffix")
	if len(f.Message) > maxMessage || !utf8.ValidString(f.Message) {
		t.Errorf("message of %d bytes, valid %v", len(f.Message), utf8.ValidString(f.Message))
	}
	if f.Reason != "Reason" || !strings.HasSuffix(f.Message, "...; and 99 more. Suffix") {
		t.Errorf("reason %s, message ends in %q", f.Reason, f.Message[len(f.Message)-40:])
	}
}

func TestSecretNamesAreThoseThatObjectsName(t *testing.T) {
	in := readInput(t, "testdata/distributor-without-the-keys-of-an-issuer.in.yaml")
	channels := readInput(t, "testdata/channel-without-its-secret.in.yaml")
	in.Channels = append(channels.Channels, v1alpha1.Channel{})
	got := SecretNames(in)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"app", "gone", "keys", "web"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestObjectIsNilForWhatDoesNotExist(t *testing.T) {
	out := mustCompile(t, readInput(t, "testdata/contextvariable-without-its-workstream.in.yaml"))
	if o := out.Object(v1alpha1.KindContextVariable, "tier"); o == nil || o.Name != "tier" {
		t.Errorf("object = %v", o)
	}
	for _, kind := range []string{v1alpha1.KindAgent, v1alpha1.KindContextVariable, v1alpha1.KindWorkstream} {
		if o := out.Object(kind, "other"); o != nil {
			t.Errorf("%s other = %v", kind, o)
		}
	}
}

func TestServingIsTheOldestThatLives(t *testing.T) {
	if d := Serving(nil); d != nil {
		t.Errorf("serving = %v", d)
	}
	at := func(name string, second int, deleted bool) v1alpha1.Distributor {
		d := v1alpha1.Distributor{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.Unix(int64(second), 0)}}
		if deleted {
			now := metav1.Unix(99, 0)
			d.DeletionTimestamp = &now
		}
		return d
	}
	if d := Serving([]v1alpha1.Distributor{at("c", 3, false), at("a", 1, true), at("b", 2, false)}); d.Name != "b" {
		t.Errorf("serving = %s", d.Name)
	}
}

// TestAffinityDefaultsByChannelType: facts 6.1, on where a conversation can come back, absent for plain live chat.
func TestAffinityDefaultsByChannelType(t *testing.T) {
	enabled := plan.Affinity{Enabled: true}
	cases := map[string]struct {
		w    plan.Workstream
		a    *v1alpha1.AgentAffinity
		want plan.Affinity
	}{
		"a channel of one's own":  {plan.Workstream{Mode: plan.Push, ChannelType: "Custom"}, nil, enabled},
		"SMS":                     {plan.Workstream{Mode: plan.Push, ChannelType: "SMS"}, nil, enabled},
		"plain live chat":         {plan.Workstream{Mode: plan.Push, ChannelType: plan.LiveChat}, nil, plan.Affinity{}},
		"live chat that wants it": {plan.Workstream{Mode: plan.Push, ChannelType: plan.LiveChat}, &v1alpha1.AgentAffinity{Mode: "Enabled"}, enabled},
		"where agents pick":       {plan.Workstream{Mode: plan.Pick, ChannelType: "Custom"}, nil, plan.Affinity{}},
		"switched off":            {plan.Workstream{Mode: plan.Push, ChannelType: "Custom"}, &v1alpha1.AgentAffinity{Mode: "Disabled"}, plan.Affinity{}},
	}
	for name, tc := range cases {
		if got := affinity(&tc.w, tc.a); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
