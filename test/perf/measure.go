// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"workstream.dev/operator/internal/testkit/apiclient"
)

var rulesets = schema.GroupVersionResource{Group: "routing.workstream.dev", Version: "v1alpha1", Resource: "routingrulesets"}

const ruleset = "contoso-queues"

// edits measures from the patch of a rule to Programmed of its generation, as a watcher sees it: every replica has
// acknowledged by then.
func (s *stage) edits(ctx context.Context, n int) error {
	config, err := clientcmd.BuildConfigFromFlags("", s.cluster.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1 // else the client's own limit of 5 a second is what is measured
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	objects := client.Resource(rulesets).Namespace(namespace)
	w, err := objects.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", ruleset).String()})
	if err != nil {
		return err
	}
	defer w.Stop()
	var sample []time.Duration
	for i := range n {
		op := fmt.Sprintf(`[{"op":"add","path":"/spec/rules/0","value":{"name":"edit-%d","route":{"queueRef":{"name":"vip"}}}}]`, i)
		if i%2 == 1 {
			op = `[{"op":"remove","path":"/spec/rules/0"}]`
		}
		start := time.Now()
		o, err := objects.Patch(ctx, ruleset, types.JSONPatchType, []byte(op), metav1.PatchOptions{})
		if err != nil {
			return err
		}
		if err := untilProgrammed(ctx, w, o.GetGeneration()); err != nil {
			return err
		}
		sample = append(sample, time.Since(start))
	}
	report("edit of a rule -> Programmed", sample)
	return nil
}

func untilProgrammed(ctx context.Context, w watch.Interface, generation int64) error {
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return fmt.Errorf("generation %d is not programmed after 30 s", generation)
		case e, ok := <-w.ResultChan():
			if !ok {
				return errors.New("the watch ended")
			}
			if o, is := e.Object.(*unstructured.Unstructured); is && programmed(o, generation) {
				return nil
			}
		}
	}
}

func programmed(o *unstructured.Unstructured, generation int64) bool {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range list {
		m, _ := c.(map[string]any)
		if m["type"] == "Programmed" && m["status"] == "True" {
			observed, _ := m["observedGeneration"].(int64)
			return observed >= generation
		}
	}
	return false
}

// offers measures from the webhook's request to the offer at the agent's socket, one after the other.
func (s *stage) offers(ctx context.Context, n int) error {
	token, err := s.issuer.Token("ann@contoso.com", time.Hour)
	if err != nil {
		return err
	}
	ann := s.client.As(token)
	stream, err := ann.Stream(ctx, 0)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := ann.SetPresence(ctx, "Available"); err != nil {
		return err
	}
	var offered, answered []time.Duration
	for i := range n {
		start := time.Now()
		a, err := s.webhook.Message(ctx, apiclient.Inbound{
			Conversation: fmt.Sprint("perf-", i), Message: map[string]any{"text": "hello"},
			Context: map[string]any{"tier": "gold", "basket": 700},
		})
		if err != nil {
			return err
		}
		answered = append(answered, time.Since(start))
		e, err := stream.Next(ctx, "offer.made")
		if err != nil {
			return err
		}
		if e.Item != a.Item {
			return fmt.Errorf("an offer of item %s came, not of %s", e.Item, a.Item)
		}
		offered = append(offered, e.At.Sub(start))
		for _, path := range []string{"offers/" + e.Offer + "/accept", "items/" + a.Item + "/end", "items/" + a.Item + "/close"} {
			if _, err := ann.Do(ctx, path, nil); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	report("webhook -> answered (fsync)", answered)
	report("webhook -> offer at the socket", offered)
	return nil
}

// rest counts the API server's writes by resource while nothing changes.
func (s *stage) rest(ctx context.Context, d time.Duration) error {
	before, err := s.writes(ctx)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
	}
	after, err := s.writes(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("API writes in %s at rest, whole cluster:\n", d)
	for what, n := range after {
		if n > before[what] {
			fmt.Printf("  %-60s %.0f\n", what, n-before[what])
		}
	}
	return nil
}

// writes reads the API server's own counters of writing requests.
func (s *stage) writes(ctx context.Context) (map[string]float64, error) {
	text, err := s.cluster.Run(ctx, "get", "--raw", "/metrics")
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for line := range strings.SplitSeq(text, "\n") {
		labels, ok := strings.CutPrefix(line, "apiserver_request_total{")
		if !ok {
			continue
		}
		verb := label(labels, "verb")
		switch verb {
		case "POST", "PUT", "PATCH", "APPLY", "DELETE":
		default:
			continue
		}
		var n float64
		if _, err := fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &n); err != nil {
			return nil, fmt.Errorf("reading the API server's metrics: %w", err)
		}
		resource := strings.Trim(label(labels, "group")+"/"+label(labels, "resource"), "/")
		out[strings.TrimSpace(verb+" "+resource+" "+label(labels, "subresource"))] += n
	}
	return out, nil
}

func label(labels, name string) string {
	_, rest, _ := strings.Cut(labels, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// memory prints the resident memory of our processes, by their own metrics.
func (s *stage) memory(ctx context.Context, when string) error {
	for _, p := range []struct {
		what, namespace, pod string
		port                 int
	}{
		{"manager", "workstream-system", "deployment/workstream-manager", 8080},
		{"distributor", namespace, "pod/workstream-default-0", 9090},
	} {
		rss, err := s.rss(ctx, p.namespace, p.pod, p.port)
		if err != nil {
			return fmt.Errorf("memory of the %s: %w", p.what, err)
		}
		fmt.Printf("%-34s %.1f MB resident %s\n", p.what, rss/1e6, when)
	}
	return nil
}
