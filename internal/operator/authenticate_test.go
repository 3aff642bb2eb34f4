// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"errors"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"

	"workstream.dev/operator/internal/planfeed"
)

func TestIdentifyTakesOnlyDistributors(t *testing.T) {
	const audience = "planfeed.workstream.dev"
	cases := map[string]struct {
		user      string
		audiences []string
		unknown   bool
		want      planfeed.Identity
	}{
		"a distributor":               {user: "system:serviceaccount:contoso:workstream-default", audiences: []string{audience}, want: planfeed.Identity{Namespace: "contoso", Distributor: "default"}},
		"a token for all that exists": {user: "system:serviceaccount:contoso:workstream-default"},
		"a token for others":          {user: "system:serviceaccount:contoso:workstream-default", audiences: []string{"vault"}},
		"an unknown token":            {user: "system:serviceaccount:contoso:workstream-default", audiences: []string{audience}, unknown: true},
		"a foreign service account":   {user: "system:serviceaccount:contoso:default", audiences: []string{audience}},
		"a distributor without name":  {user: "system:serviceaccount:contoso:workstream-", audiences: []string{audience}},
		"a person":                    {user: "workstream-default", audiences: []string{audience}},
		"a person with a clever name": {user: "contoso:workstream-default", audiences: []string{audience}},
		"a service account cut short": {user: "system:serviceaccount:workstream-default", audiences: []string{audience}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := identify(&authenticationv1.TokenReviewStatus{
				Authenticated: !tc.unknown, Audiences: tc.audiences, User: authenticationv1.UserInfo{Username: tc.user},
			})
			if got != tc.want {
				t.Errorf("identified %+v, want %+v", got, tc.want)
			}
			if refused := tc.want == (planfeed.Identity{}); refused != errors.Is(err, planfeed.ErrToken) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
