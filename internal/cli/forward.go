// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"

	"workstream.dev/operator/api/v1alpha1"
)

const (
	// distributorSelector finds the pods of a namespace's distributor, whatever the name of its object.
	distributorSelector = "app.kubernetes.io/name=workstream-distributor"
	// distributorPort is that of the API in these pods.
	distributorPort = 8080
)

// forward opens a port of this machine that leads to the distributor of a namespace, as kubectl port-forward does.
func (s *serverFlags) forward(ctx context.Context, namespace string) (base string, end func(), err error) {
	cfg, err := s.app.connection.config()
	if err != nil {
		return "", nil, fmt.Errorf("%w; to look at a distributor without a cluster name it with --server", err)
	}
	c, err := newCluster(cfg)
	if err != nil {
		return "", nil, err
	}
	pod, err := c.distributorPod(ctx, namespace)
	if err != nil {
		return "", nil, err
	}
	s.app.note("forwarding a port to pod %s of namespace %s", pod, namespace)
	dialer, err := forwardDialer(cfg, c, namespace, pod)
	if err != nil {
		return "", nil, err
	}
	stop, ready, failed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	ports := []string{":" + strconv.Itoa(distributorPort)}
	f, err := portforward.NewOnAddressesForStreaming(dialer, []string{"127.0.0.1"}, ports, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return "", nil, fmt.Errorf("forwarding a port to pod %s: %w", pod, err)
	}
	go func() { failed <- f.ForwardPorts() }()
	end = func() {
		close(stop)
		<-failed //nolint:errcheck // it was told to end
	}
	select {
	case <-ready:
	case err := <-failed:
		return "", nil, fmt.Errorf("forwarding a port to pod %s: %w", pod, err)
	case <-ctx.Done():
		end()
		return "", nil, ctx.Err()
	}
	opened, err := f.GetPorts()
	if err != nil || len(opened) != 1 {
		end()
		return "", nil, fmt.Errorf("forwarding a port to pod %s: %w", pod, errors.Join(errors.New("no port was opened"), err))
	}
	return fmt.Sprintf("http://127.0.0.1:%d", opened[0].Local), end, nil
}

// forwardDialer speaks WebSocket with the API server, and SPDY with one that cannot.
func forwardDialer(cfg *rest.Config, c *cluster, namespace, pod string) (httpstream.Dialer, error) {
	u := c.client.Post().AbsPath("/api/v1/namespaces/" + namespace + "/pods/" + pod + "/portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	old := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, u)
	tunnel, err := portforward.NewSPDYOverWebsocketDialerForStreaming(u, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return portforward.NewFallbackDialerForStreaming(tunnel, old, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

// distributorPod returns a pod that serves the namespace.
func (c *cluster) distributorPod(ctx context.Context, namespace string) (string, error) {
	var ready, others []string
	err := c.list(ctx, "/api/v1/namespaces/"+namespace+"/pods", distributorSelector, func(raw []byte) error {
		var pod struct {
			Metadata struct{ Name string }
			Status   struct {
				Conditions []struct{ Type, Status string }
			}
		}
		if err := json.Unmarshal(raw, &pod); err != nil {
			return err
		}
		for _, condition := range pod.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" {
				ready = append(ready, pod.Metadata.Name)
				return nil
			}
		}
		others = append(others, pod.Metadata.Name)
		return nil
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("looking for the distributor of namespace %s: %w", namespace, err)
	case len(ready) > 0:
		return slices.Min(ready), nil
	case len(others) > 0:
		return "", fmt.Errorf("the distributor of namespace %s is not ready: pod %s", namespace, strings.Join(others, ", "))
	default:
		return "", fmt.Errorf("namespace %s has no distributor; name another with -n, or a URL with --server", namespace)
	}
}

// distributors lists the Distributor objects of a namespace.
func (c *cluster) distributors(ctx context.Context, namespace string) ([]v1alpha1.Distributor, error) {
	var list []v1alpha1.Distributor
	path := "/apis/" + v1alpha1.GroupVersion.String() + "/namespaces/" + namespace + "/distributors"
	err := c.list(ctx, path, "", func(raw []byte) error {
		var d v1alpha1.Distributor
		err := json.Unmarshal(raw, &d)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading how namespace %s authenticates: %w", namespace, err)
	}
	return list, nil
}
