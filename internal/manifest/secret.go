// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// Assumed are the Secrets of which nothing is known and which objects of the namespace name, sorted: they are taken to be
// there.
func (s *Set) Assumed(namespace string) []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(compile.SecretNames(s.Input(namespace)))), func(name string) bool {
		_, known := s.secrets[namespace][name]
		return known
	})
}

// assumeSecrets adds the Secrets of which nothing is known, with the keys that objects name.
func assumeSecrets(in *compile.Input) {
	known := make(map[string]bool, len(in.Secrets))
	for name := range in.Secrets {
		known[name] = true
	}
	assume := func(name v1alpha1.ObjectName, key string) {
		if !known[string(name)] {
			in.Secrets[string(name)] = append(in.Secrets[string(name)], key)
		}
	}
	for i := range in.Channels {
		if custom := in.Channels[i].Spec.Custom; custom != nil {
			assume(custom.CredentialsSecretRef.Name, v1alpha1.SigningSecretKey)
		}
	}
	for i := range in.Distributors {
		auth := in.Distributors[i].Spec.Auth
		if auth == nil {
			continue
		}
		for _, issuer := range auth.JWT {
			if issuer.JWKSSecretRef != nil {
				assume(issuer.JWKSSecretRef.Name, issuer.JWKSSecretRef.Key)
			}
		}
	}
}
