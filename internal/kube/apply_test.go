// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/base64"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/yaml"
)

func TestCoversIsWhatNeedsNoApply(t *testing.T) {
	cases := map[string]struct {
		live, want string
		covered    bool
	}{
		"the same":                               {live: "{a: 1, b: [x]}", want: "{a: 1, b: [x]}", covered: true},
		"a default beside it":                    {live: "{a: 1, b: {c: 2}}", want: "{a: 1}", covered: true},
		"another value":                          {live: "{a: 1}", want: "{a: 2}"},
		"a missing field":                        {live: "{b: 1}", want: "{a: 1}"},
		"a default in an element":                {live: "{l: [{name: x, d: 1}]}", want: "{l: [{name: x}]}", covered: true},
		"another's named element before":         {live: "{l: [{name: y}, {name: x}]}", want: "{l: [{name: x}]}", covered: true},
		"another's element, ours changed":        {live: "{l: [{name: y}, {name: x, v: 2}]}", want: "{l: [{name: x, v: 1}]}"},
		"an element too many in a plain list":    {live: "{l: [x, y]}", want: "{l: [x]}"},
		"an element too few":                     {live: "{l: [{name: x}]}", want: "{l: [{name: x}, {name: y}]}"},
		"an element twice":                       {live: "{l: [{name: x}, {name: y}]}", want: "{l: [{name: x}, {name: x}]}"},
		"another order":                          {live: "{l: [b, a]}", want: "{l: [a, b]}"},
		"an empty map that was dropped":          {live: "{}", want: "{a: {}}", covered: true},
		"an empty list that was dropped":         {live: "{}", want: "{a: []}", covered: true},
		"a list where a map is wanted":           {live: "{a: [x]}", want: "{a: {x: 1}}"},
		"a map where a list is wanted":           {live: "{a: {x: 1}}", want: "{a: [x]}"},
		"a text that only looks like a number":   {live: `{a: "1"}`, want: "{a: 1}"},
		"a wanted nothing, and there is nothing": {live: "{}", want: "{a: null}", covered: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := covers(parse(t, tc.live), parse(t, tc.want)); got != tc.covered {
				t.Errorf("covers(%s, %s) = %t", tc.live, tc.want, got)
			}
		})
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	var out any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHashOfSecretTellsKeysAndNoValues(t *testing.T) {
	hash := func(data map[string][]byte) string {
		t.Helper()
		body, err := content(corev1ac.Secret("s", "n").WithData(data))
		if err != nil {
			t.Fatal(err)
		}
		h, err := hashOf(&unstructured.Unstructured{Object: body})
		if err != nil {
			t.Fatal(err)
		}
		if got := body["data"].(map[string]any)["a"]; got != base64.StdEncoding.EncodeToString(data["a"]) {
			t.Fatalf("the hash changed the object: a is now %v", got)
		}
		return h
	}
	one := hash(map[string][]byte{"a": []byte("1")})
	if other := hash(map[string][]byte{"a": []byte("2")}); other != one {
		t.Error("the hash depends on a value")
	}
	if other := hash(map[string][]byte{"a": []byte("1"), "b": nil}); other == one {
		t.Error("the hash does not depend on the keys")
	}
}

func TestMessageIsCutBetweenCharacters(t *testing.T) {
	for _, short := range []string{"", "fine", strings.Repeat("x", MaxMessage)} {
		if got := Message(short); got != short {
			t.Errorf("Message changed %d bytes", len(short))
		}
	}
	got := Message(strings.Repeat("é", MaxMessage))
	if len(got) > MaxMessage || !strings.HasSuffix(got, "é ...") || strings.ContainsRune(got, '�') {
		t.Errorf("Message gave %d bytes ending in %q", len(got), got[len(got)-8:])
	}
}
