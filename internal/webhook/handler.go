// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/admission"
)

// maxWarnings is how many characters of warnings are sent: the API server cuts off each of them when there are more than
// 4,096 in all.
const maxWarnings = 4000

// Handler judges single objects.
type Handler struct {
	scheme *runtime.Scheme
	// review is admission.Review, but for tests.
	review func(admission.Object) (problems, warnings []string)
}

// NewHandler returns a Handler for the kinds of the API.
func NewHandler() (*Handler, error) {
	s := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(s); err != nil {
		return nil, fmt.Errorf("listing kinds: %w", err)
	}
	return &Handler{scheme: s, review: admission.Review}, nil
}

// Handle implements admission.Handler.
func (h *Handler) Handle(ctx context.Context, req ctrladmission.Request) (resp ctrladmission.Response) {
	kind := schema.GroupVersionKind{Group: req.Kind.Group, Version: req.Kind.Version, Kind: req.Kind.Kind}
	object, err := h.scheme.New(kind)
	obj, ok := object.(admission.Object)
	if err != nil || !ok || kind.GroupVersion() != v1alpha1.GroupVersion {
		count("Other", unjudged)
		return letThrough(kind.Kind, "the operator does not know the kind")
	}
	defer func() {
		if r := recover(); r != nil { // a bug must not keep anybody from applying
			ctrl.LoggerFrom(ctx).Error(fmt.Errorf("panic: %v", r), "Judging an object", "kind", kind.Kind, "stack", string(debug.Stack()))
			count(kind.Kind, unjudged)
			resp = letThrough(kind.Kind, "an error of the operator, see its log")
		}
	}()
	if err := json.Unmarshal(req.Object.Raw, obj); err != nil {
		// The schema let it in, so this manager is older than the schema.
		ctrl.LoggerFrom(ctx).Error(err, "Reading an object", "kind", kind.Kind)
		count(kind.Kind, unjudged)
		return letThrough(kind.Kind, "the operator cannot read it")
	}
	if obj.GetDeletionTimestamp() != nil || req.Operation == admissionv1.Update && sameSpec(req.OldObject.Raw, req.Object.Raw) {
		return allowed(kind.Kind, nil) // finalizers, labels: what was stored before must not stop them
	}
	problems, warnings := h.review(obj)
	if len(problems) > 0 {
		count(kind.Kind, refused)
		return refusal(kind.GroupKind(), obj.GetName(), problems, warnings)
	}
	return allowed(kind.Kind, warnings)
}

func allowed(kind string, warnings []string) ctrladmission.Response {
	count(kind, accepted)
	return ctrladmission.Allowed("").WithWarnings(fitting(warnings)...)
}

// letThrough allows what cannot be judged, and says so.
func letThrough(kind, why string) ctrladmission.Response {
	return ctrladmission.Allowed("").WithWarnings("this " + kind + " was not checked: " + why)
}

// refusal says no as the API server does when the schema refuses an object, so that clients show both alike.
func refusal(kind schema.GroupKind, name string, problems, warnings []string) ctrladmission.Response {
	causes := make([]metav1.StatusCause, len(problems))
	for i, p := range problems {
		field, message, ok := strings.Cut(p, ": ")
		if !ok {
			field, message = "spec", p
		}
		causes[i] = metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Field: field, Message: message}
	}
	return ctrladmission.Response{AdmissionResponse: admissionv1.AdmissionResponse{
		Result: &metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
			Message: fmt.Sprintf("%s %q is invalid: %s", kind, name, strings.Join(problems, "; ")),
			Details: &metav1.StatusDetails{Group: kind.Group, Kind: kind.Kind, Name: name, Causes: causes},
		},
		Warnings: fitting(warnings),
	}}
}

// fitting returns as many warnings as the API server passes on whole, and how many there are more.
func fitting(warnings []string) []string {
	room := maxWarnings
	for i, w := range warnings {
		if room -= utf8.RuneCountInString(w); room < 0 {
			return append(warnings[:i:i], fmt.Sprintf("and %d more warnings", len(warnings)-i))
		}
	}
	return warnings
}

// sameSpec reports whether two objects in JSON have the same spec.
func sameSpec(before, after []byte) bool {
	var a, b struct{ Spec json.RawMessage }
	if json.Unmarshal(before, &a) != nil || json.Unmarshal(after, &b) != nil {
		return false
	}
	if bytes.Equal(a.Spec, b.Spec) {
		return true
	}
	var x, y any
	return json.Unmarshal(a.Spec, &x) == nil && json.Unmarshal(b.Spec, &y) == nil && reflect.DeepEqual(x, y)
}
