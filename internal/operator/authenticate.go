// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/planfeed"
)

// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create

// authenticator has the API server check the token of a distributor's pod. Nothing is kept: it is asked once for each
// connection.
func authenticator(c client.Writer) planfeed.Authenticator {
	return func(ctx context.Context, token string) (planfeed.Identity, error) {
		review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{
			Token:     token,
			Audiences: []string{dataplane.PlanFeedAudience},
		}}
		if err := c.Create(ctx, review); err != nil {
			return planfeed.Identity{}, fmt.Errorf("reviewing a token: %w", err)
		}
		return identify(&review.Status)
	}
}

// identify turns the API server's answer into the Distributor whose service account it is.
func identify(s *authenticationv1.TokenReviewStatus) (planfeed.Identity, error) {
	if !s.Authenticated {
		return planfeed.Identity{}, fmt.Errorf("%w: the API server does not know it", planfeed.ErrToken)
	}
	// A server that knows no audiences answers without them; the token would then be good for anything.
	if !slices.Contains(s.Audiences, dataplane.PlanFeedAudience) {
		return planfeed.Identity{}, fmt.Errorf("%w: it is not for %s", planfeed.ErrToken, dataplane.PlanFeedAudience)
	}
	account, ok := strings.CutPrefix(s.User.Username, "system:serviceaccount:")
	namespace, name, _ := strings.Cut(account, ":")
	if !ok {
		return planfeed.Identity{}, fmt.Errorf("%w: %s is no service account", planfeed.ErrToken, s.User.Username)
	}
	distributor, ok := strings.CutPrefix(name, dataplane.WorkloadName(""))
	if !ok || distributor == "" {
		return planfeed.Identity{}, fmt.Errorf("%w: %s in namespace %s is no distributor's service account",
			planfeed.ErrToken, name, namespace)
	}
	return planfeed.Identity{Namespace: namespace, Distributor: distributor}, nil
}
