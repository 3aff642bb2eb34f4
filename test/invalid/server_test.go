// SPDX-License-Identifier: Apache-2.0

package invalid

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/testkit/kubetest"
)

const namespace = "default"

// server is an API server with the CRDs as users install them.
type server struct {
	env *kubetest.Env
	// rest sends a text as it is: what YAML makes of it is the server's to say.
	rest   rest.Interface
	client client.Client
}

func startServer(t *testing.T) *server {
	t.Helper()
	env, err := kubetest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	config := rest.CopyConfig(env.Config)
	config.GroupVersion = &v1alpha1.GroupVersion
	config.APIPath = "/apis"
	config.NegotiatedSerializer = serializer.NewCodecFactory(kubetest.Scheme()).WithoutConversion()
	r, err := rest.RESTClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return &server{env: env, rest: r, client: client.WithFieldValidation(env.Client, metav1.FieldValidationStrict)}
}

// apply creates or changes an object of m as kubectl does, and returns what the server makes of it. Nothing is stored but
// an object that is changed later.
func (s *server) apply(t *testing.T, m *manifest, i int) (*unstructured.Unstructured, error) {
	t.Helper()
	d := &m.documents[i]
	same := func(other document) bool {
		return other.head.Kind == d.head.Kind && other.head.Metadata.Name == d.head.Metadata.Name
	}
	if i > 0 && slices.ContainsFunc(m.documents[:i], same) {
		return s.update(t, d)
	}
	keep := slices.ContainsFunc(m.documents[i+1:], same)
	request := s.rest.Post().Namespace(namespace).Resource(resource(m, d)).Param("fieldValidation", metav1.FieldValidationStrict).
		SetHeader("Content-Type", runtime.ContentTypeYAML).Body([]byte(d.text))
	if !keep {
		request.Param("dryRun", metav1.DryRunAll)
	}
	body, err := request.Do(t.Context()).Raw()
	if err != nil {
		return nil, statusOf(body, err)
	}
	o := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, o); err != nil {
		t.Fatal(err)
	}
	if keep {
		t.Cleanup(func() {
			if err := s.client.Delete(context.Background(), o); err != nil {
				t.Error(err)
			}
		})
	}
	return o, nil
}

func (s *server) update(t *testing.T, d *document) (*unstructured.Unstructured, error) {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(d.text), &o.Object); err != nil {
		t.Fatal(err)
	}
	o.SetNamespace(namespace)
	stored := o.DeepCopy()
	if err := s.client.Get(t.Context(), client.ObjectKeyFromObject(o), stored); err != nil {
		t.Fatal(err)
	}
	o.SetResourceVersion(stored.GetResourceVersion())
	err := s.client.Update(t.Context(), o, client.DryRunAll)
	return o, err
}

// resource is the plural of the object's kind, of the folder where its text cannot be read.
func resource(m *manifest, d *document) string {
	singular := strings.ToLower(d.head.Kind)
	if singular == "" {
		singular, _, _ = strings.Cut(m.path, "/")
	}
	if strings.HasSuffix(singular, "s") { // operatinghours
		return singular
	}
	return singular + "s"
}

// statusOf reads what the server said, which a raw request does not.
func statusOf(body []byte, err error) error {
	var status metav1.Status
	if json.Unmarshal(body, &status) == nil && status.Message != "" {
		return &apierrors.StatusError{ErrStatus: status}
	}
	return err
}

// complaints are the causes of a refusal, or its message if it has none. A rule that cannot be evaluated because the schema
// refuses the value says so as well, which nobody needs.
func complaints(err error) []string {
	var status *apierrors.StatusError
	if !errors.As(err, &status) {
		return []string{err.Error()}
	}
	if d := status.ErrStatus.Details; d != nil && len(d.Causes) > 0 {
		var lines []string
		for _, c := range d.Causes {
			if strings.Contains(c.Message, "some validation rules were not checked") {
				continue
			}
			line := c.Field + ": " + strings.ReplaceAll(c.Message, "\n", " ")
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		slices.Sort(lines)
		return lines
	}
	return []string{dump.ReplaceAllString(strings.ReplaceAll(status.ErrStatus.Message, "\n", " "), "")}
}

// dump is the first bytes of a text that is no YAML, which are at the end of the message.
var dump = regexp.MustCompile(` \([0-9a-f]{20,} \.\.\.\)$`)

// add adds an object as the server has it, as old as its place in the file says.
func add(t *testing.T, in *compile.Input, o *unstructured.Unstructured, place int) {
	t.Helper()
	o.SetCreationTimestamp(metav1.NewTime(time.Date(2026, 1, 1, 0, 0, place, 0, time.UTC)))
	switch o.GetKind() {
	case v1alpha1.KindWorkstream:
		addTo(t, &in.Workstreams, o)
	case v1alpha1.KindChannel:
		addTo(t, &in.Channels, o)
	case v1alpha1.KindContextVariable:
		addTo(t, &in.ContextVariables, o)
	case v1alpha1.KindRoutingRuleset:
		addTo(t, &in.RoutingRulesets, o)
	case v1alpha1.KindQueue:
		addTo(t, &in.Queues, o)
	case v1alpha1.KindAgent:
		addTo(t, &in.Agents, o)
	case v1alpha1.KindCapacityProfile:
		addTo(t, &in.CapacityProfiles, o)
	case v1alpha1.KindOperatingHours:
		addTo(t, &in.OperatingHours, o)
	case v1alpha1.KindDistributor:
		addTo(t, &in.Distributors, o)
	default:
		t.Fatalf("kind %q is not known here", o.GetKind())
	}
}

func addTo[T any](t *testing.T, list *[]T, o *unstructured.Unstructured) {
	t.Helper()
	var object T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &object); err != nil {
		t.Fatal(err)
	}
	*list = append(*list, object)
}
