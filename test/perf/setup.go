// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
	"workstream.dev/operator/internal/testkit/clustertest"
)

func setUp(ctx context.Context) (*stage, error) {
	root, err := clustertest.Root()
	if err != nil {
		return nil, err
	}
	s := &stage{}
	if s.cluster, err = clustertest.Find(ctx, root); err != nil {
		return nil, err
	}
	if s.issuer, err = apiclient.NewIssuer(issuer, audience); err != nil {
		return nil, err
	}
	s.webhook = &apiclient.Webhook{Address: "contoso-web", Secret: apiclient.NewSigningSecret()}
	manifests, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": []any{
		map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": namespace}},
		secret("contoso-web", "signingSecret", s.webhook.Secret),
		secret("contoso-jwks", "jwks.json", string(s.issuer.JWKS())),
	}})
	if err != nil {
		return nil, err
	}
	if _, err := s.cluster.Apply(ctx, namespace, string(manifests)); err != nil {
		return nil, err
	}
	if _, err := s.cluster.Run(ctx, "apply", "--namespace", namespace, "-k", filepath.Join(root, "config", "samples")); err != nil {
		return nil, err
	}
	err = clustertest.Eventually(ctx, 2*time.Minute, func(ctx context.Context) error {
		c, err := s.cluster.Condition(ctx, namespace, "channel.routing.workstream.dev/contoso-web", "Programmed")
		if err == nil && c.Status != "True" {
			err = fmt.Errorf("the channel is not programmed: %s %s", c.Reason, c.Message)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	reach, err := s.cluster.Reach(ctx, namespace, "workstream-default", 8080)
	if err != nil {
		return nil, err
	}
	s.client = &apiclient.Client{BaseURL: reach.URL, Namespace: namespace}
	s.webhook.Client = s.client
	return s, nil
}

func secret(name, key, value string) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name, "namespace": namespace},
		"stringData": map[string]string{key: value},
	}
}
