// SPDX-License-Identifier: Apache-2.0

package kubetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/internal/pki"
	"workstream.dev/operator/internal/webhook"
)

// WebhookConfiguration is what users install, for managers in that namespace that listen on that port of this machine.
func WebhookConfiguration(namespace string, port int32) (*admissionregistrationv1.ValidatingWebhookConfiguration, error) {
	_, file, _, _ := runtime.Caller(0)
	body, err := os.ReadFile(filepath.Join(filepath.Dir(file), "..", "..", "..", "config", "webhook", "webhook.yaml"))
	if err != nil {
		return nil, err
	}
	for document := range bytes.SplitSeq(body, []byte("\n---\n")) {
		c := &admissionregistrationv1.ValidatingWebhookConfiguration{}
		if err := yaml.Unmarshal(document, c); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		if c.Kind == "ValidatingWebhookConfiguration" {
			c.Webhooks[0].ClientConfig.Service.Namespace = namespace
			c.Webhooks[0].ClientConfig.Service.Port = &port
			return c, nil
		}
	}
	return nil, fmt.Errorf("there is no configuration in %s", file)
}

// InstallWebhook installs that configuration and its Service, and returns where to listen. The Service is another name of this
// machine, so that the API server goes the whole way, and asks for a certificate for the Service's name.
func (e *Env) InstallWebhook(ctx context.Context, namespace string) (address string, err error) {
	address, port, err := FreeAddress(ctx)
	if err != nil {
		return "", err
	}
	c, err := WebhookConfiguration(namespace, port)
	if err != nil {
		return "", err
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: webhook.Service},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	for _, o := range []client.Object{service, c} {
		if err := e.Client.Create(ctx, o); err != nil {
			return "", fmt.Errorf("installing the webhook: %w", err)
		}
	}
	return address, nil
}

// ServeWebhook installs the webhook and serves it without a manager, until stop is called.
func (e *Env) ServeWebhook(ctx context.Context, namespace string) (stop func() error, err error) {
	address, err := e.InstallWebhook(ctx, namespace)
	if err != nil {
		return nil, err
	}
	k := pki.NewKeeper(pki.Options{
		Purpose: "webhook", ServerName: webhook.Service + "." + namespace + ".svc",
		Secret: types.NamespacedName{Namespace: namespace, Name: "webhook-tls"},
		Reader: e.Client, Writer: e.Client, Now: time.Now, Log: logr.Discard(),
	})
	if err := k.Refresh(ctx); err != nil {
		return nil, err
	}
	server, err := webhook.NewServer(address, k.Certificate)
	if err != nil {
		return nil, err
	}
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- server.Start(runCtx) }()
	stop = func() error {
		cancel()
		return <-done
	}
	c := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := e.Client.Get(ctx, types.NamespacedName{Name: webhook.Configuration}, c); err != nil {
		return stop, err
	}
	c.Webhooks[0].ClientConfig.CABundle = k.Bundle()
	if err := e.Client.Update(ctx, c); err != nil {
		return stop, err
	}
	for check := server.StartedChecker(); ; {
		err := check(&http.Request{})
		if err == nil {
			return stop, nil
		}
		select {
		case <-ctx.Done():
			return stop, fmt.Errorf("waiting for the webhook: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// FreeAddress is one on this machine that nobody listens at. It is none of those that the system gives away, since until the
// caller listens there another test might be given it.
func FreeAddress(ctx context.Context) (address string, port int32, err error) {
	const from, to = 10_000, 30_000
	for range 100 {
		port = from + rand.Int32N(to-from)
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))
		var l net.Listener
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", address); err == nil {
			err = l.Close()
		}
		if err == nil {
			return address, port, nil
		}
	}
	return "", 0, fmt.Errorf("looking for a free port: %w", err)
}
