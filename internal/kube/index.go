// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

// IndexSecret finds the Channels and Distributors that name a Secret.
const IndexSecret = "secretRef"

// RegisterIndexes adds all indexes to a cache. It is called once for a manager, before its controllers are made.
func RegisterIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for _, i := range []struct {
		obj client.Object
		of  client.IndexerFunc
	}{
		{&routingv1alpha1.Channel{}, func(o client.Object) []string { return SecretsOfChannel(o.(*routingv1alpha1.Channel)) }},
		{&routingv1alpha1.Distributor{}, func(o client.Object) []string { return secretNames(o.(*routingv1alpha1.Distributor)) }},
	} {
		if err := indexer.IndexField(ctx, i.obj, IndexSecret, i.of); err != nil {
			return fmt.Errorf("indexing %T by Secret: %w", i.obj, err)
		}
	}
	return nil
}

// SecretsOfChannel are the names of the Secrets that a Channel's credentials are in.
func SecretsOfChannel(c *routingv1alpha1.Channel) []string {
	if c.Spec.Custom == nil {
		return nil
	}
	return []string{string(c.Spec.Custom.CredentialsSecretRef.Name)}
}

// SecretKey is one key of a Secret.
type SecretKey struct {
	Secret, Key string
}

// SecretsOfDistributor are the keys of Secrets that a Distributor names.
func SecretsOfDistributor(d *routingv1alpha1.Distributor) []SecretKey {
	if d.Spec.Auth == nil {
		return nil
	}
	var out []SecretKey
	for i := range d.Spec.Auth.JWT {
		if ref := d.Spec.Auth.JWT[i].JWKSSecretRef; ref != nil {
			out = append(out, SecretKey{Secret: string(ref.Name), Key: ref.Key})
		}
	}
	return out
}

func secretNames(d *routingv1alpha1.Distributor) []string {
	keys := SecretsOfDistributor(d)
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.Secret
	}
	return out
}

// References reports whether an object of the namespace names that Secret.
func References(ctx context.Context, c client.Reader, namespace, secret string) (bool, error) {
	for _, list := range []client.ObjectList{&routingv1alpha1.ChannelList{}, &routingv1alpha1.DistributorList{}} {
		err := c.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{IndexSecret: secret},
			client.UnsafeDisableDeepCopy, client.Limit(1))
		if err != nil {
			return false, fmt.Errorf("looking up who names Secret %s: %w", secret, err)
		}
		switch l := list.(type) {
		case *routingv1alpha1.ChannelList:
			if len(l.Items) > 0 {
				return true, nil
			}
		case *routingv1alpha1.DistributorList:
			if len(l.Items) > 0 {
				return true, nil
			}
		}
	}
	return false, nil
}
