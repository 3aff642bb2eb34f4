// SPDX-License-Identifier: Apache-2.0

package cel

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// samplesFolder has a kustomization, and so have the folders in it, each of which is tried in a namespace of its name.
const samplesFolder = "../../config/samples"

// wholeSets have an object of every kind; the other folders are of one workstream type each.
var wholeSets = []string{samplesNamespace, contosoNamespace}

// sampleSets returns the folders by their namespaces.
func sampleSets(t *testing.T) map[string]string {
	t.Helper()
	sets := map[string]string{samplesNamespace: samplesFolder}
	found, err := filepath.Glob(filepath.Join(samplesFolder, "*", "kustomization.yaml"))
	if err != nil || len(found) < 4 {
		t.Fatalf("%d folders of samples: %v", len(found), err)
	}
	for _, file := range found {
		folder := filepath.Dir(file)
		sets[filepath.Base(folder)] = folder
	}
	return sets
}

// sampleObjects reads what the kustomization of a folder lists.
func sampleObjects(t *testing.T, samples, namespace string) []*unstructured.Unstructured {
	t.Helper()
	var kustomization struct{ Resources []string }
	readYAML(t, filepath.Join(samples, "kustomization.yaml"), &kustomization)
	files, err := filepath.Glob(filepath.Join(samples, "*.yaml"))
	if err != nil || len(files) != len(kustomization.Resources)+1 {
		t.Fatalf("%d files, and the kustomization lists %d: %v", len(files), len(kustomization.Resources), err)
	}
	var objects []*unstructured.Unstructured
	for _, file := range kustomization.Resources {
		body, err := os.ReadFile(filepath.Join(samples, file))
		if err != nil {
			t.Fatal(err)
		}
		for document := range bytes.SplitSeq(body, []byte("\n---\n")) {
			o := &unstructured.Unstructured{}
			if err := yaml.Unmarshal(document, &o.Object); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			o.SetNamespace(namespace)
			objects = append(objects, o)
		}
	}
	return objects
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestSamplesCompileTheSameBeforeAndAfterTheServer applies the samples strictly and compiles them twice, as written and
// as stored: the defaults of the schema are those of the compiler, and nothing is wrong with the samples.
func TestSamplesCompileTheSameBeforeAndAfterTheServer(t *testing.T) {
	for namespace, folder := range sampleSets(t) {
		t.Run(namespace, func(t *testing.T) { tryTheSamples(t, folder, namespace) })
	}
}

func tryTheSamples(t *testing.T, folder, namespace string) {
	t.Helper()
	c := client.WithFieldValidation(server(t), metav1.FieldValidationStrict)
	err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	if client.IgnoreAlreadyExists(err) != nil {
		t.Fatal(err)
	}
	written, stored := input(), input()
	kinds := map[string]bool{}
	for _, o := range sampleObjects(t, folder, namespace) {
		kinds[o.GetKind()] = true
		add(t, written, o)
		if err := c.Create(t.Context(), o); err != nil {
			t.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
			t.Fatal(err)
		}
		add(t, stored, o)
		checkConditions(t, o)
	}
	for kind := range bases {
		if !kinds[kind] && slices.Contains(wholeSets, namespace) {
			t.Errorf("no sample of a %s", kind)
		}
	}
	before, err := compile.Compile(written)
	if err != nil {
		t.Fatal(err)
	}
	after, err := compile.Compile(stored)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Body, after.Body) {
		t.Errorf("as written:\n%s\nas stored:\n%s", before.Body, after.Body)
	}
	for o := range after.All() {
		for _, f := range o.Findings {
			if f.Status != metav1.ConditionTrue || o.Absent != "" {
				t.Errorf("%s %s: %s %s %s %s (%s)", o.Kind, o.Name, f.Condition, f.Status, f.Reason, f.Message, o.Absent)
			}
		}
	}
}

// TestDefaultsOfTheSchemaAreThoseOfTheCompiler compiles objects that leave out all that they can, before and after a server
// has set its defaults.
func TestDefaultsOfTheSchemaAreThoseOfTheCompiler(t *testing.T) {
	c := server(t)
	// What begins to have defaults once it is there.
	parts := map[string]string{
		v1alpha1.KindWorkstream:  `{spec: {workDistribution: {agentAffinity: {}, offer: {}, wrapUp: {}}}}`,
		v1alpha1.KindQueue:       `{spec: {assignment: {}}}`,
		v1alpha1.KindAgent:       `{spec: {capacity: {profiles: [{name: capacityprofile}]}, skills: [{name: french}]}}`,
		v1alpha1.KindDistributor: `{spec: {presenceRules: {}, auth: {jwt: [{issuer: a, audiences: [b], jwksSecretRef: {name: contoso-jwks}}]}}}`,
	}
	names := map[string]string{v1alpha1.KindWorkstream: "chat", v1alpha1.KindQueue: "general"}
	for _, whole := range []bool{false, true} {
		written, stored := input(), input()
		for kind := range bases {
			name := names[kind]
			if name == "" {
				name = strings.ToLower(kind)
			}
			o := object(t, kind, name)
			if whole {
				o = patched(t, o, cmp.Or(parts[kind], "{}"))
			}
			add(t, written, o)
			if err := c.Create(t.Context(), o, client.DryRunAll); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			add(t, stored, o)
		}
		before, err := compile.Compile(written)
		if err != nil {
			t.Fatal(err)
		}
		after, err := compile.Compile(stored)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before.Body, after.Body) {
			t.Errorf("as written:\n%s\nas stored:\n%s", before.Body, after.Body)
		}
		if p := after.Plan; len(p.Workstreams) != 1 || len(p.Agents) != 1 || len(p.Profiles) != 1 || len(p.Calendars) != 1 {
			t.Errorf("not all of it is in the plan: %s", after.Body)
		}
	}
}

// input knows the Secrets that whoever applies the samples makes first.
func input() *compile.Input {
	return &compile.Input{Namespace: samplesNamespace, Secrets: map[string][]string{
		"contoso-web": {v1alpha1.SigningSecretKey}, "contoso-jwks": {"jwks.json"},
	}}
}

func add(t *testing.T, in *compile.Input, o *unstructured.Unstructured) {
	t.Helper()
	switch o.GetKind() {
	case v1alpha1.KindWorkstream:
		in.Workstreams = append(in.Workstreams, typed[v1alpha1.Workstream](t, o))
	case v1alpha1.KindChannel:
		in.Channels = append(in.Channels, typed[v1alpha1.Channel](t, o))
	case v1alpha1.KindContextVariable:
		in.ContextVariables = append(in.ContextVariables, typed[v1alpha1.ContextVariable](t, o))
	case v1alpha1.KindRoutingRuleset:
		in.RoutingRulesets = append(in.RoutingRulesets, typed[v1alpha1.RoutingRuleset](t, o))
	case v1alpha1.KindQueue:
		in.Queues = append(in.Queues, typed[v1alpha1.Queue](t, o))
	case v1alpha1.KindAgent:
		in.Agents = append(in.Agents, typed[v1alpha1.Agent](t, o))
	case v1alpha1.KindCapacityProfile:
		in.CapacityProfiles = append(in.CapacityProfiles, typed[v1alpha1.CapacityProfile](t, o))
	case v1alpha1.KindOperatingHours:
		in.OperatingHours = append(in.OperatingHours, typed[v1alpha1.OperatingHours](t, o))
	case v1alpha1.KindDistributor:
		in.Distributors = append(in.Distributors, typed[v1alpha1.Distributor](t, o))
	default:
		t.Fatalf("kind %q is not known here", o.GetKind())
	}
}

func typed[T any](t *testing.T, o *unstructured.Unstructured) T {
	t.Helper()
	var into T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, &into, true); err != nil {
		t.Fatal(err)
	}
	return into
}

// checkConditions: until a controller has looked, an object says so.
func checkConditions(t *testing.T, o *unstructured.Unstructured) {
	t.Helper()
	want := []string{"Accepted", "ResolvedRefs", "Programmed"}
	if o.GetKind() == v1alpha1.KindDistributor {
		want = append(want, "Available")
	}
	conditions, _, err := unstructured.NestedSlice(o.Object, "status", "conditions")
	if err != nil || len(conditions) != len(want) {
		t.Fatalf("%s %s: conditions %v, %v", o.GetKind(), o.GetName(), conditions, err)
	}
	for i, condition := range conditions {
		c := condition.(map[string]any)
		if c["type"] != want[i] || c["status"] != "Unknown" || c["reason"] != "Pending" || c["message"] != "Waiting for controller" {
			t.Errorf("%s %s: condition %v", o.GetKind(), o.GetName(), c)
		}
	}
}
