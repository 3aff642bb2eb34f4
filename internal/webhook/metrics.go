// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"workstream.dev/operator/internal/telemetry"
)

// What became of a request.
const (
	accepted = "Allowed"
	refused  = "Refused"
	unjudged = "NotJudged"
)

var requests = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: telemetry.Namespace, Subsystem: "manager", Name: "admission_requests_total",
	Help: "Objects that the API server asked about before storing them.",
}, []string{"kind", "outcome"})

func init() {
	metrics.Registry.MustRegister(requests)
}

func count(kind, outcome string) { requests.WithLabelValues(kind, outcome).Inc() }
