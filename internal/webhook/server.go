// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"crypto/tls"
	"fmt"
	"net"
	"strconv"

	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
)

// What config/webhook says of it.
const (
	// Configuration is the ValidatingWebhookConfiguration.
	Configuration = "workstream-admission"
	// Service leads to the managers' webhooks.
	Service = "workstream-manager-webhook"
	// Path is where the API server asks.
	Path = "/validate"
)

// Certificate is what to serve with, at the moment of each connection.
type Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// NewServer returns a server that is to be started, as a Runnable of a manager or alone. The address has a port, and may
// have a host.
func NewServer(address string, certificate Certificate) (ctrlwebhook.Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reading the webhook's address: %w", err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, fmt.Errorf("reading the webhook's address: %q is no port", port)
	}
	h, err := NewHandler()
	if err != nil {
		return nil, err
	}
	s := ctrlwebhook.NewServer(ctrlwebhook.Options{
		Host: host, Port: int(number),
		TLSOpts: []func(*tls.Config){func(c *tls.Config) {
			c.MinVersion = tls.VersionTLS13
			c.GetCertificate = certificate
		}},
	})
	s.Register(Path, &ctrlwebhook.Admission{Handler: h})
	return s, nil
}
