// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/telemetry"
)

// The outcomes of an attempt.
const (
	outcomeDelivered = "delivered"
	outcomeRetried   = "retried"
	outcomeGivenUp   = "given_up"
)

type metrics struct {
	attempts *prometheus.CounterVec
	seconds  prometheus.Histogram
	pending  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: "distributor", Name: "delivery_attempts_total",
			Help: "Attempts to tell a callback, by outcome: delivered, retried, given_up.",
		}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: telemetry.Namespace, Subsystem: "distributor", Name: "delivery_attempt_duration_seconds",
			Help:    "Time that a channel's callback took to answer.",
			Buckets: []float64{.005, .02, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: telemetry.Namespace, Subsystem: "distributor", Name: "deliveries_pending",
			Help: "Deliveries that no callback has taken yet.",
		}),
	}
	for _, o := range []string{outcomeDelivered, outcomeRetried, outcomeGivenUp} {
		m.attempts.WithLabelValues(o)
	}
	if r != nil {
		r.MustRegister(m.attempts, m.seconds, m.pending)
	}
	return m
}
