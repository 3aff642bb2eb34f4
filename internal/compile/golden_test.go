// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files instead of comparing with them")

// TestGoldens compiles each testdata/<kind>-<sentence>.in.yaml and compares the whole outcome with its .out.yaml.
func TestGoldens(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no golden inputs: %v", err)
	}
	for _, path := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".in.yaml"), func(t *testing.T) {
			in := readInput(t, path)
			out, err := Compile(in)
			if err != nil {
				t.Fatal(err)
			}
			got := render(t, out, Needed(in))
			golden := strings.TrimSuffix(path, ".in.yaml") + ".out.yaml"
			if *rewrite {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("outcome differs from %s (-want +got), see -rewrite:\n%s", golden, diff)
			}
		})
	}
}

// readInput reads a file of API objects. Secrets give their keys, and a ControllerRevision named after a workstream gives
// its last good revision.
func readInput(t testing.TB, path string) *Input {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := &Input{Namespace: "contoso", Secrets: map[string][]string{}, LastGood: RevisionsByName{}}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(body)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return in
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := addDocument(in, document); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

func addDocument(in *Input, document []byte) error {
	var head struct {
		Kind     string
		Metadata metav1.ObjectMeta
	}
	if err := yaml.Unmarshal(document, &head); err != nil {
		return err
	}
	switch head.Kind {
	case v1alpha1.KindWorkstream:
		return addTo(&in.Workstreams, document)
	case v1alpha1.KindChannel:
		return addTo(&in.Channels, document)
	case v1alpha1.KindContextVariable:
		return addTo(&in.ContextVariables, document)
	case v1alpha1.KindRoutingRuleset:
		return addTo(&in.RoutingRulesets, document)
	case v1alpha1.KindQueue:
		return addTo(&in.Queues, document)
	case v1alpha1.KindAgent:
		return addTo(&in.Agents, document)
	case v1alpha1.KindCapacityProfile:
		return addTo(&in.CapacityProfiles, document)
	case v1alpha1.KindOperatingHours:
		return addTo(&in.OperatingHours, document)
	case v1alpha1.KindDistributor:
		return addTo(&in.Distributors, document)
	case "Secret":
		var secret struct{ StringData map[string]string }
		if err := yaml.Unmarshal(document, &secret); err != nil {
			return err
		}
		in.Secrets[head.Metadata.Name] = slices.Sorted(maps.Keys(secret.StringData))
		return nil
	case "ControllerRevision":
		var stored struct{ Data json.RawMessage }
		if err := yaml.Unmarshal(document, &stored); err != nil {
			return err
		}
		var r Revision
		if err := json.Unmarshal(stored.Data, &r); err != nil {
			return err
		}
		in.LastGood.(RevisionsByName)[head.Metadata.Name] = &r
		return nil
	default:
		return fmt.Errorf("kind %q is not known here", head.Kind)
	}
}

func addTo[T any](list *[]T, document []byte) error {
	var object T
	if err := yaml.UnmarshalStrict(document, &object); err != nil {
		return err
	}
	*list = append(*list, object)
	return nil
}

// render writes an outcome for people.
func render(t testing.TB, out *Output, needed map[Place][]Place) []byte {
	t.Helper()
	type object struct {
		Accepted     string `json:"accepted"`
		ResolvedRefs string `json:"resolvedRefs"`
		Terminating  string `json:"terminating,omitempty"`
		Absent       string `json:"absent,omitempty"`
		Revision     string `json:"revision,omitempty"`
		WebhookPath  string `json:"webhookPath,omitempty"`
		Counts       string `json:"counts,omitempty"`
	}
	type outcome struct {
		Objects     map[string]object `json:"objects"`
		Credentials []string          `json:"credentials,omitempty"`
		Plan        *plan.Plan        `json:"plan"`
	}
	o := outcome{Objects: map[string]object{}, Plan: out.Plan}
	for from := range out.All() {
		name := from.Kind + " " + from.Name
		to := object{Absent: from.Absent, WebhookPath: from.WebhookPath, Counts: counts(from.Counts)}
		for _, f := range from.Findings {
			text := fmt.Sprintf("%s %s: %s", f.Status, f.Reason, f.Message)
			switch f.Condition {
			case v1alpha1.ConditionAccepted:
				to.Accepted = text
			case v1alpha1.ConditionResolvedRefs:
				to.ResolvedRefs = text
			default:
				t.Errorf("%s: condition %s is not compile's", name, f.Condition)
			}
		}
		if users := needed[Place{from.Kind, from.Name}]; len(users) > 0 {
			f := Terminating(users)
			to.Terminating = fmt.Sprintf("%s %s: %s", f.Status, f.Reason, f.Message)
		}
		if from.Revision != nil {
			to.Revision = from.Revision.Workstream.Revision
			if from.Retained {
				to.Revision += " (retained)"
			}
		}
		o.Objects[name] = to
	}
	for _, c := range out.Credentials {
		o.Credentials = append(o.Credentials, c.File())
	}
	body, err := yaml.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func counts(c Counts) string {
	var texts []string
	for _, count := range []struct {
		name string
		n    int32
	}{{"channels", c.Channels}, {"rules", c.Rules}, {"agents", c.Agents}, {"queues", c.Queues}, {"workstreams", c.Workstreams}} {
		if count.n != 0 {
			texts = append(texts, fmt.Sprintf("%s=%d", count.name, count.n))
		}
	}
	return strings.Join(texts, " ")
}
