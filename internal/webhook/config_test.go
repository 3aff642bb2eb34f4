// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"bytes"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/config/crd"
)

// TestTheConfigurationIsWhatTheServerServes: all kinds, at the path and by the Service that are there, and nobody is held up.
func TestTheConfigurationIsWhatTheServerServes(t *testing.T) {
	body, err := os.ReadFile("../../config/webhook/webhook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documents := bytes.Split(body, []byte("\n---\n"))
	var service corev1.Service
	var got admissionregistrationv1.ValidatingWebhookConfiguration
	for i, into := range []any{&service, &got} {
		if err := yaml.UnmarshalStrict(documents[i], into); err != nil {
			t.Fatal(err)
		}
	}
	path, port, ignore, equivalent := Path, service.Spec.Ports[0].Port, admissionregistrationv1.Ignore, admissionregistrationv1.Equivalent
	none, scope, seconds := admissionregistrationv1.SideEffectClassNone, admissionregistrationv1.NamespacedScope, int32(5)
	want := []admissionregistrationv1.ValidatingWebhook{{
		Name: "validate." + v1alpha1.GroupName,
		ClientConfig: admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{
			Namespace: service.Namespace, Name: Service, Path: &path, Port: &port,
		}},
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
			Rule: admissionregistrationv1.Rule{
				APIGroups: []string{v1alpha1.GroupName}, APIVersions: []string{v1alpha1.GroupVersion.Version}, Resources: resources(t), Scope: &scope,
			},
		}},
		FailurePolicy: &ignore, MatchPolicy: &equivalent, SideEffects: &none, TimeoutSeconds: &seconds,
		AdmissionReviewVersions: []string{"v1"},
	}}
	if diff := cmp.Diff(want, got.Webhooks); diff != "" || got.Name != Configuration || service.Name != Service {
		t.Errorf("%s by %s (-want +got):\n%s", got.Name, service.Name, diff)
	}
}

// resources are the plurals of all kinds that users install.
func resources(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d CRDs: %v", len(files), err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		body, err := fs.ReadFile(crd.Bases, file)
		if err != nil {
			t.Fatal(err)
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(body, &definition); err != nil {
			t.Fatal(err)
		}
		names[i] = definition.Spec.Names.Plural
	}
	slices.Sort(names)
	return names
}
