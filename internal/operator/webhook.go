// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"crypto/tls"
	"fmt"
	"path/filepath"

	"sigs.k8s.io/controller-runtime/pkg/certwatcher"

	"workstream.dev/operator/controllers/cabundle"
	"workstream.dev/operator/internal/pki"
	"workstream.dev/operator/internal/webhook"
)

// webhookPurpose names the webhook's certificate.
const webhookPurpose = "webhook"

// addWebhook has every manager answer the API server, leader or not. It returns whom the API server must be told to trust,
// nil when that is not for this manager to do.
func (o *Operator) addWebhook(opts Options) (cabundle.Trust, error) {
	if opts.WebhookAddress == "0" {
		return nil, nil
	}
	certificate, trust, err := o.webhookCertificate(opts)
	if err != nil {
		return nil, err
	}
	server, err := webhook.NewServer(opts.WebhookAddress, certificate)
	if err != nil {
		return nil, err
	}
	if err := o.manager.Add(server); err != nil {
		return nil, fmt.Errorf("adding the webhook: %w", err)
	}
	if err := o.manager.AddReadyzCheck("webhook", server.StartedChecker()); err != nil {
		return nil, fmt.Errorf("adding readiness check: %w", err)
	}
	return trust, nil
}

// webhookCertificate is that of a folder, or one that the managers keep themselves.
func (o *Operator) webhookCertificate(opts Options) (webhook.Certificate, cabundle.Trust, error) {
	if opts.WebhookCertDir == "" {
		k := opts.keeper(o.manager, webhookPurpose, WebhookSecret, webhook.Service)
		if err := o.manager.Add(k); err != nil {
			return nil, nil, fmt.Errorf("adding the webhook's certificates: %w", err)
		}
		return k.Certificate, k, nil
	}
	w, err := certwatcher.New(filepath.Join(opts.WebhookCertDir, "tls.crt"), filepath.Join(opts.WebhookCertDir, "tls.key"))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the webhook's certificate: %w", err)
	}
	w.RegisterCallback(func(c tls.Certificate) { pki.Observe(webhookPurpose, &c) })
	if err := o.manager.Add(w); err != nil {
		return nil, nil, fmt.Errorf("watching the webhook's certificate: %w", err)
	}
	return w.GetCertificate, nil, nil
}
