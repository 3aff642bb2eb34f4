// SPDX-License-Identifier: Apache-2.0

package distributor

import "testing"

func TestUsableCredentials(t *testing.T) {
	t.Parallel()
	for what, tc := range map[string]struct {
		name, body string
		ok         bool
	}{
		"a signing secret":     {"web.signingSecret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", true},
		"not base64":           {"web.signingSecret", "garbage !!", false},
		"a key set":            {"idp.jwks.json", `{"keys":[{"kty":"oct","k":"AAAA"}]}`, true},
		"a key set of nothing": {"idp.jwks.json", `{"keys":[]}`, false},
		"not a key set":        {"idp.jwks.json", "not json", false},
	} {
		if err := usable(tc.name, []byte(tc.body)); (err == nil) != tc.ok {
			t.Errorf("%s: %v", what, err)
		}
	}
}
