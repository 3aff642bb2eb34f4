// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// HashAnnotation holds the hash of what was applied last, so that a field which is no longer wanted is noticed too.
const HashAnnotation = "routing.workstream.dev/applied-hash"

// Applier brings owned objects in line by server-side apply.
type Applier struct {
	// Reader is where live objects are read: a cache, or the API server for what no cache may hold.
	Reader client.Reader
	Writer client.Writer
	// Manager is the one field manager of the controller that applies.
	Manager client.FieldOwner
}

// Apply applies desired unless the object is already as it says, and reports whether it wrote. live is an empty object of
// the same kind, for reading what is there; it holds the answer of the last read afterwards.
func (a Applier) Apply(ctx context.Context, live client.Object, desired runtime.ApplyConfiguration) (bool, error) {
	want, err := content(desired)
	if err != nil {
		return false, err
	}
	u := &unstructured.Unstructured{Object: want}
	hash, err := hashOf(u)
	if err != nil {
		return false, err
	}
	u.SetAnnotations(withEntry(u.GetAnnotations(), HashAnnotation, hash))

	what := fmt.Sprintf("%s %s", u.GetKind(), u.GetName())
	err = a.Reader.Get(ctx, client.ObjectKeyFromObject(u), live)
	switch {
	case apierrors.IsNotFound(err):
	case err != nil:
		return false, fmt.Errorf("reading %s: %w", what, err)
	default:
		got, err := runtime.DefaultUnstructuredConverter.ToUnstructured(live)
		if err != nil {
			return false, fmt.Errorf("converting %s: %w", what, err)
		}
		// Objects of a typed cache do not say their kind.
		got["apiVersion"], got["kind"] = u.GetAPIVersion(), u.GetKind()
		if covers(got, u.Object) {
			return false, nil
		}
	}
	if err := a.Writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), a.Manager, client.ForceOwnership); err != nil {
		return false, fmt.Errorf("applying %s: %w", what, err)
	}
	return true, nil
}

// hashOf leaves the values of a Secret out: a hash is readable where the Secret is not.
func hashOf(u *unstructured.Unstructured) (string, error) {
	data, ok := u.Object["data"].(map[string]any)
	if u.GetKind() != "Secret" || !ok {
		return Hash(u.Object)
	}
	shown := maps.Clone(u.Object)
	shown["data"] = slices.Sorted(maps.Keys(data))
	return Hash(shown)
}

// Hash is a short hash of v's JSON.
func Hash(v any) (string, error) {
	body, err := stdjson.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding for a hash: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8]), nil
}

// content turns an apply configuration into its fields. Whole numbers come out as int64, as in a converted live object.
func content(desired runtime.ApplyConfiguration) (map[string]any, error) {
	body, err := stdjson.Marshal(desired)
	if err != nil {
		return nil, fmt.Errorf("encoding desired object: %w", err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("decoding desired object: %w", err)
	}
	return out, nil
}

// covers reports whether live has all that want says. What the API server defaulted, or others added, does not matter.
func covers(live, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		l, ok := live.(map[string]any)
		if !ok {
			return len(w) == 0 && live == nil // an empty map may have been dropped
		}
		for k, v := range w {
			if !covers(l[k], v) {
				return false
			}
		}
		return true
	case []any:
		l, ok := live.([]any)
		if !ok {
			return len(w) == 0 && live == nil
		}
		return coversList(l, w)
	}
	return live == want
}

// coversList compares by position; where others added elements, by the elements' names.
func coversList(live, want []any) bool {
	if len(live) == len(want) {
		for i := range want {
			if !covers(live[i], want[i]) {
				return false
			}
		}
		return true
	}
	byName := map[any]any{}
	for _, e := range live {
		if name := nameOf(e); name != nil {
			byName[name] = e
		}
	}
	for _, e := range want {
		name := nameOf(e)
		if name == nil || !covers(byName[name], e) {
			return false
		}
	}
	return len(live) > len(want)
}

func nameOf(element any) any {
	m, _ := element.(map[string]any)
	if s, ok := m["name"].(string); ok {
		return s
	}
	return nil
}

func withEntry(m map[string]string, k, v string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[k] = v
	return m
}
