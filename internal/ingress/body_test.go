// SPDX-License-Identifier: Apache-2.0

package ingress

import "testing"

func TestTextMustBeUnicode(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"id":"a"}`:                true,
		`{"id":"caf\u00e9 \u0000"}`: true,
		`{"id":"\ud83c\udf88"}`:     true,
		`{"id":"\\ud800"}`:          true, // an escaped backslash
		`{"id":"\ud800"}`:           false,
		`{"id":"\ud800\u0041"}`:     false,
		`{"id":"\udf88\ud83c"}`:     false,
		"{\"id\":\"inv\xfe\"}":      false,
	} {
		var v struct {
			ID string `json:"id"`
		}
		if err := Decode([]byte(body), &v); (err == nil) != ok {
			t.Errorf("%q: %v", body, err)
		}
	}
}
