// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"crypto/tls"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"workstream.dev/operator/internal/telemetry"
)

var expiry = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Namespace: telemetry.Namespace, Subsystem: "manager", Name: "certificate_expiry_timestamp_seconds",
	Help: "When the certificate that is served ends.",
}, []string{"purpose"})

func init() {
	metrics.Registry.MustRegister(expiry)
}

// Observe notes that a certificate is served for that purpose from now on.
func Observe(purpose string, c *tls.Certificate) {
	if c.Leaf != nil {
		expiry.WithLabelValues(purpose).Set(float64(c.Leaf.NotAfter.Unix()))
	}
}
