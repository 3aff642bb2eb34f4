// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/admission"
)

const (
	good    = `{"metadata":{"name":"office"},"spec":{"timeZone":"Europe/Berlin"}}`
	munich  = `{"metadata":{"name":"office"},"spec":{"timeZone":"Europe/Munich"}}`
	zurich  = `{"metadata":{"name":"office"},"spec":{"timeZone":"Switzerland"}}`
	labeled = `{"metadata":{"name":"office","labels":{"a":"b"}},"spec":{ "timeZone" : "Europe/Munich" }}`
	leaving = `{"metadata":{"name":"office","deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{"timeZone":"Switzerland"}}`
)

func ask(t *testing.T, operation admissionv1.Operation, before, after string) ctrladmission.Response {
	t.Helper()
	h, err := NewHandler()
	if err != nil {
		t.Fatal(err)
	}
	return h.Handle(t.Context(), request(operation, v1alpha1.KindOperatingHours, before, after))
}

func request(operation admissionv1.Operation, kind, before, after string) ctrladmission.Request {
	return ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "1", Operation: operation,
		Kind:   metav1.GroupVersionKind{Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Kind: kind},
		Object: runtime.RawExtension{Raw: []byte(after)}, OldObject: runtime.RawExtension{Raw: []byte(before)},
	}}
}

func TestWhatIsRefused(t *testing.T) {
	cases := map[string]struct {
		operation     admissionv1.Operation
		before, after string
		refused       bool
	}{
		"a good object is made":                         {admissionv1.Create, "", good, false},
		"a bad object is made":                          {admissionv1.Create, "", munich, true},
		"a good object becomes bad":                     {admissionv1.Update, good, munich, true},
		"a bad object becomes good":                     {admissionv1.Update, munich, good, false},
		"a bad object becomes bad in another way":       {admissionv1.Update, munich, zurich, true},
		"a bad object gets a label":                     {admissionv1.Update, munich, labeled, false},
		"a bad object that is being deleted is changed": {admissionv1.Update, munich, leaving, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := !ask(t, tc.operation, tc.before, tc.after).Allowed; got != tc.refused {
				t.Errorf("refused: %t, want %t", got, tc.refused)
			}
		})
	}
}

func TestARefusalReadsLikeOneOfTheSchema(t *testing.T) {
	got := ask(t, admissionv1.Create, "", munich).Result
	const message = `"Europe/Munich" is no time zone such as Europe/Berlin`
	want := &metav1.Status{
		Status: "Failure", Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
		Message: `OperatingHours.routing.workstream.dev "office" is invalid: spec.timeZone: ` + message,
		Details: &metav1.StatusDetails{
			Group: "routing.workstream.dev", Kind: "OperatingHours", Name: "office",
			Causes: []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.timeZone", Message: message}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatCannotBeJudgedIsLetThrough(t *testing.T) {
	panics := func(admission.Object) (problems, warnings []string) { panic("a bug") }
	cases := map[string]struct {
		kind, object string
		review       func(admission.Object) (problems, warnings []string)
		warning      string
	}{
		"a spec of another schema":     {v1alpha1.KindQueue, `{"spec":7}`, admission.Review, "this Queue was not checked: the operator cannot read it"},
		"a kind of another schema":     {"Bot", `{"spec":{}}`, admission.Review, "this Bot was not checked: the operator does not know the kind"},
		"a kind of apimachinery":       {"CreateOptions", `{}`, admission.Review, "this CreateOptions was not checked: the operator does not know the kind"},
		"a list":                       {"QueueList", `{}`, admission.Review, "this QueueList was not checked: the operator does not know the kind"},
		"an object that shows our bug": {v1alpha1.KindQueue, `{"spec":{}}`, panics, "this Queue was not checked: an error of the operator, see its log"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h, err := NewHandler()
			if err != nil {
				t.Fatal(err)
			}
			h.review = tc.review
			got := h.Handle(t.Context(), request(admissionv1.Create, tc.kind, "", tc.object))
			if diff := cmp.Diff([]string{tc.warning}, got.Warnings); !got.Allowed || diff != "" {
				t.Errorf("allowed: %t, warnings (-want +got):\n%s", got.Allowed, diff)
			}
		})
	}
}

func TestWarningsAreShownWhetherItIsRefusedOrNot(t *testing.T) {
	h, err := NewHandler()
	if err != nil {
		t.Fatal(err)
	}
	for _, problems := range [][]string{nil, {"spec: it is wrong"}} {
		h.review = func(admission.Object) (_, warnings []string) { return problems, []string{"it is odd"} }
		got := h.Handle(t.Context(), request(admissionv1.Create, v1alpha1.KindQueue, "", `{}`))
		if diff := cmp.Diff([]string{"it is odd"}, got.Warnings); got.Allowed != (problems == nil) || diff != "" {
			t.Errorf("allowed: %t, warnings (-want +got):\n%s", got.Allowed, diff)
		}
	}
}

// The API server cuts off every warning when there are more than 4,096 characters in all.
func TestWarningsAreAsManyAsTheAPIServerPassesOn(t *testing.T) {
	long := strings.Repeat("ä", 1000)
	got := fitting([]string{long, long, long, long, long, "short"})
	if diff := cmp.Diff([]string{long, long, long, long, "and 2 more warnings"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	few := []string{long, "short"}
	if diff := cmp.Diff(few, fitting(few)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	requests.Reset()
	ask(t, admissionv1.Create, "", good)
	ask(t, admissionv1.Create, "", munich)
	ask(t, admissionv1.Update, munich, labeled)
	ask(t, admissionv1.Create, "", "{")
	for outcome, want := range map[string]float64{accepted: 2, refused: 1, unjudged: 1} {
		if got := testutil.ToFloat64(requests.WithLabelValues(v1alpha1.KindOperatingHours, outcome)); got != want {
			t.Errorf("%s: %v, want %v", outcome, got, want)
		}
	}
}
