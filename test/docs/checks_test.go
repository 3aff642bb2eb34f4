// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/test/docs"
)

func TestBrokenLinksAreFound(t *testing.T) {
	root := fstest.MapFS{
		"README.md": {Data: []byte(strings.Join([]string{
			"# Read me",
			"[good](docs/a.md) [anchor](docs/a.md#two-words) [here](#read-me) [web](https://example.org/x) [folder](docs)",
			"[gone](docs/b.md) and [no heading](docs/a.md#three)",
			"`[code](nowhere.md)`",
			"```",
			"[fenced](nowhere.md)",
			"```",
			"[out](../other/README.md)",
		}, "\n"))},
		"docs/a.md": {Data: []byte("## Two words\n[up](../README.md#none)\n")},
	}
	pages, err := docs.Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"README.md:3: docs/a.md has no heading #three",
		"README.md:3: docs/b.md does not exist",
		"README.md:8: ../other/README.md does not exist",
		"docs/a.md:2: README.md has no heading #none",
	}
	if diff := cmp.Diff(want, docs.BrokenLinks(root, pages)); diff != "" {
		t.Errorf("broken links (-want +got):\n%s", diff)
	}
}

func TestUndocumentedReasonsAreFound(t *testing.T) {
	root := fstest.MapFS{"api/queue.go": {Data: []byte(`package api
type QueueConditionReason string
type ConditionReason string
const (
	QueueReasonFull QueueConditionReason = "Full"
	QueueReasonGone QueueConditionReason = "Gone"
	ReasonPending ConditionReason = "Pending"
	ReasonLost ConditionReason = "Lost"
	Other string = "Other"
)`)}}
	pages := map[string]*docs.Page{
		"Queue": {Text: "`Full`, and Gone not in code style"},
		"Agent": {Text: "`Gone`, `Pending`"},
	}
	want := []string{
		"ConditionReason Lost is on no page of docs/spec that it belongs to",
		"QueueConditionReason Gone is on no page of docs/spec that it belongs to",
	}
	if diff := cmp.Diff(want, sourceOf(t, root).UndocumentedReasons("api", pages)); diff != "" {
		t.Errorf("undocumented (-want +got):\n%s", diff)
	}
	want = []string{"no condition types or reasons found in elsewhere"}
	if diff := cmp.Diff(want, sourceOf(t, root).UndocumentedReasons("elsewhere", pages)); diff != "" {
		t.Errorf("undocumented (-want +got):\n%s", diff)
	}
}

func TestMetricMismatchesAreFound(t *testing.T) {
	root := fstest.MapFS{
		"internal/names/names.go": {Data: []byte("package names\nconst Namespace = \"workstream\"\n")},
		"internal/a/a.go": {Data: []byte(`package a
import (
	"github.com/prometheus/client_golang/prometheus"
	"example.org/m/internal/names"
)
const subsystem = "a"
var _ = prometheus.NewCounter(prometheus.CounterOpts{Namespace: names.Namespace, Subsystem: subsystem, Name: "described_total"})
var _ = prometheus.NewGauge(prometheus.GaugeOpts{Name: "workstream_" + "silent"})
var _ = prometheus.NewDesc(prometheus.BuildFQName(names.Namespace, "a", "built"), "", nil, nil)
func later(name string) { prometheus.NewGauge(prometheus.GaugeOpts{Name: name}) }
`)},
	}
	page := &docs.Page{Text: "`workstream_a_described_total` `workstream_a_built` `workstream_gone_total`"}
	want := []string{
		"internal/a/a.go:10:47: a metric whose name is not made of constants",
		"workstream_gone_total is described, but nothing defines it",
		"workstream_silent is not described",
	}
	if diff := cmp.Diff(want, sourceOf(t, root).MetricMismatches(page)); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
	want = []string{"no metrics found"}
	if diff := cmp.Diff(want, sourceOf(t, fstest.MapFS{}).MetricMismatches(&docs.Page{})); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
}

func TestObjectsThatAServerWouldRefuseAreFound(t *testing.T) {
	crds, err := docs.LoadCRDs(fstest.MapFS{"crd.yaml": {Data: []byte(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: queues.routing.workstream.dev}
spec:
  group: routing.workstream.dev
  names: {kind: Queue, plural: queues, singular: queue}
  scope: Namespaced
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec:
            type: object
            properties:
              priority: {type: integer, maximum: 9, default: 3}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
            x-kubernetes-validations:
            - {rule: 'self.priority != 7', message: seven is taken}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	queue := func(spec string) string {
		return "apiVersion: routing.workstream.dev/v1alpha1\nkind: Queue\nmetadata: {name: q}\n" + spec + "\n"
	}
	cases := map[string]struct {
		text    string
		objects int
		want    []string // a part of each complaint
	}{
		"a sound object":      {text: queue("spec: {tags: [a, b]}"), objects: 1},
		"an object of others": {text: "apiVersion: v1\nkind: Secret\nbad: true\n"},
		"a fragment":          {text: "spec: {priority: 99}\n"},
		"two, the second wrong": {
			text:    queue("spec: {}") + "---\n" + queue("spec: {priority: 99}"),
			objects: 2,
			want:    []string{"should be less than or equal to 9"},
		},
		"an unknown field": {text: queue("spec: {prio: 1}"), objects: 1, want: []string{"unknown field spec.prio"}},
		"a missing field":  {text: queue(""), objects: 1, want: []string{"spec: Required value"}},
		"a wrong type":     {text: queue("spec: {priority: high}"), objects: 1, want: []string{"must be of type integer"}},
		"an item twice":    {text: queue("spec: {tags: [a, a]}"), objects: 1, want: []string{"Duplicate value"}},
		"a rule broken":    {text: queue("spec: {priority: 7}"), objects: 1, want: []string{"seven is taken"}},
		"a key twice":      {text: queue("spec: {priority: 1, priority: 2}"), want: []string{"already set"}},
		"not YAML":         {text: "a: [b", want: []string{"did not find"}},
		"a kind that is not": {
			text:    "apiVersion: routing.workstream.dev/v1alpha1\nkind: Line\nmetadata: {name: q}\n",
			objects: 1,
			want:    []string{"there is no routing.workstream.dev/v1alpha1 Line"},
		},
		"no name": {
			text:    "apiVersion: routing.workstream.dev/v1alpha1\nkind: Queue\nspec: {}\n",
			objects: 1,
			want:    []string{"no name"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			wrong, kinds := crds.Check(tc.text)
			if len(kinds) != tc.objects {
				t.Errorf("saw %v, want %d objects", kinds, tc.objects)
			}
			if len(wrong) != len(tc.want) {
				t.Fatalf("got %q, want %q", wrong, tc.want)
			}
			for i, part := range tc.want {
				if !strings.Contains(wrong[i], part) {
					t.Errorf("got %q, want it to say %q", wrong[i], part)
				}
			}
		})
	}
}

func TestLoadCRDsRefusesAnEmptyFolder(t *testing.T) {
	if _, err := docs.LoadCRDs(fstest.MapFS{}); err == nil {
		t.Error("an empty folder passed")
	}
}

func sourceOf(t *testing.T, root fstest.MapFS) *docs.Source {
	t.Helper()
	source, err := docs.ParseSource(root, "example.org/m")
	if err != nil {
		t.Fatal(err)
	}
	return source
}
