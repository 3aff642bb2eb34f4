// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
	"workstream.dev/operator/internal/testkit/clustertest"
)

const (
	namespace = "contoso"
	issuer    = "https://login.contoso.com"
	audience  = "workstream"
	channel   = "contoso-web"
	ruleset   = "routingruleset.routing.workstream.dev/contoso-queues"
	tokenLife = 24 * time.Hour
)

// demo is the stage: the cluster, the ways in, and who takes part.
type demo struct {
	teller
	cluster  *clustertest.Cluster
	reach    *clustertest.Reach
	issuer   *apiclient.Issuer
	stateDir string
	client   *apiclient.Client
	webhook  *apiclient.Webhook
	callback *callback
	agents   map[string]*person
	vipItem  string
}

// person is an agent at their desktop.
type person struct {
	name   string
	client *apiclient.Client
	stream *apiclient.Stream
}

func setUp(ctx context.Context) (*demo, error) {
	root, err := clustertest.Root()
	if err != nil {
		return nil, err
	}
	d := &demo{teller: teller{start: time.Now()}, agents: map[string]*person{}}
	if d.cluster, err = clustertest.Find(ctx, root); err != nil {
		return nil, err
	}
	d.stateDir = filepath.Join(cacheDir(), "demo")
	for _, phase := range []func(context.Context) error{d.secrets, d.samples, d.connect, d.desktops} {
		if err := phase(ctx); err != nil {
			d.close()
			return nil, err
		}
	}
	return d, nil
}

func cacheDir() string {
	if dir := os.Getenv("WORKSTREAM_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "workstream-operator")
}

func (d *demo) close() {
	for _, p := range d.agents {
		p.stream.Close()
	}
	if d.reach != nil {
		d.reach.Close()
	}
	if d.callback != nil {
		d.callback.close()
	}
}

// secrets makes what a company would bring: the keys of its identity provider, and its website's webhook secret.
func (d *demo) secrets(ctx context.Context) error {
	d.chapter("Apply the samples")
	var err error
	if d.issuer, err = apiclient.LoadIssuer(issuer, audience, filepath.Join(d.stateDir, "issuer.jwk")); err != nil {
		return err
	}
	secret, err := keep(filepath.Join(d.stateDir, "signing-secret"), apiclient.NewSigningSecret)
	if err != nil {
		return err
	}
	manifests, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": []any{
		map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": namespace}},
		secretObject("contoso-web", "signingSecret", secret),
		secretObject("contoso-jwks", "jwks.json", string(d.issuer.JWKS())),
	}})
	if err != nil {
		return err
	}
	if _, err = d.cluster.Apply(ctx, namespace, string(manifests)); err != nil {
		return err
	}
	d.step("kubectl", "namespace %s, Secrets contoso-web (webhook signing) and contoso-jwks (token keys) applied", namespace)
	d.webhook = &apiclient.Webhook{Address: channel, Secret: secret}
	return nil
}

func secretObject(name, key, value string) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name, "namespace": namespace},
		"stringData": map[string]string{key: value},
	}
}

// keep returns the file's content, made once.
func keep(file string, fresh func() string) (string, error) {
	if data, err := os.ReadFile(file); err == nil {
		return string(data), nil
	}
	value := fresh()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("keeping a secret of the demo: %w", err)
	}
	return value, os.WriteFile(file, []byte(value), 0o600)
}

func (d *demo) samples(ctx context.Context) error {
	samples := filepath.Join(d.cluster.Root, "config", "samples")
	if _, err := d.cluster.Run(ctx, "apply", "--namespace", namespace, "-k", samples); err != nil {
		return err
	}
	d.step("kubectl", "kubectl apply -n %s -k config/samples", namespace)
	if err := d.callbackURL(ctx); err != nil {
		return err
	}
	for _, ws := range []string{"contoso-chat", "contoso-cases"} {
		err := clustertest.Eventually(ctx, 2*time.Minute, func(ctx context.Context) error {
			return d.programmed(ctx, "workstream.routing.workstream.dev/"+ws, 1)
		})
		if err != nil {
			return err
		}
		d.step("operator", "Workstream %s is Programmed: the distributor pod acknowledged the plan that holds it", ws)
	}
	return nil
}

// callbackURL starts the website's own endpoint on this machine and tells the channel of it. Pods of a cluster on
// another machine could not reach it: there, agents' messages are only shown.
func (d *demo) callbackURL(ctx context.Context) error {
	node, err := d.cluster.NodeAddress(ctx)
	if err != nil || node == "" {
		return err
	}
	if d.callback, err = listen(ctx, node, d.webhook.Secret); err != nil {
		return err
	}
	patch := fmt.Sprintf(`{"spec":{"custom":{"callbackURL":%q}}}`, d.callback.url)
	_, err = d.cluster.Run(ctx, "patch", "--namespace", namespace, "channel.routing.workstream.dev", channel,
		"--type=merge", "-p", patch)
	return err
}

// programmed returns nil once an object of at least that generation is in the plan that every replica runs.
func (d *demo) programmed(ctx context.Context, object string, generation int64) error {
	c, err := d.cluster.Condition(ctx, namespace, object, "Programmed")
	if err != nil {
		return err
	}
	if c.Status != "True" || c.ObservedGeneration < generation {
		return fmt.Errorf("%s is not programmed: %s %s", object, c.Reason, c.Message)
	}
	return nil
}

func (d *demo) connect(ctx context.Context) error {
	var err error
	if d.reach, err = d.cluster.Reach(ctx, namespace, "workstream-default", 8080); err != nil {
		return err
	}
	d.client = &apiclient.Client{BaseURL: d.reach.URL, Namespace: namespace}
	d.webhook.Client = d.client
	return clustertest.Eventually(ctx, time.Minute, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.reach.URL+"/openapi.json", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
}

func (d *demo) token(subject string, roles ...string) (string, error) {
	return d.issuer.Token(subject, tokenLife, roles...)
}

func (d *demo) desktops(ctx context.Context) error {
	d.chapter("Agents come online")
	for _, name := range []string{"ann", "bob"} {
		token, err := d.token(name + "@contoso.com")
		if err != nil {
			return err
		}
		p := &person{name: name, client: d.client.As(token)}
		if p.stream, err = p.client.Stream(ctx, 0); err != nil {
			return fmt.Errorf("connecting %s: %w", name, err)
		}
		d.agents[name] = p
		if err := p.client.SetPresence(ctx, "Available"); err != nil {
			return fmt.Errorf("presence of %s: %w", name, err)
		}
		d.step(name, "connected over the WebSocket, set presence Available")
	}
	return nil
}
