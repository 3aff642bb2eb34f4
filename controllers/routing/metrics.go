// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"workstream.dev/operator/internal/telemetry"
)

const subsystem = "manager"

var (
	compileSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "compile_seconds",
		Help:    "Time to compile the objects of a namespace into a plan.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
	})
	acknowledgeSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "acknowledge_seconds",
		Help:    "Time from publishing a plan to the answer of every connected replica, of those that answered in time.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 2, 8),
	})
	plansPublished = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "plans_published_total",
		Help: "Plans handed to the plan feed.",
	})
	statusWrites = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "status_writes_total",
		Help: "Statuses of routing objects written to the API server.",
	})
)

func init() {
	metrics.Registry.MustRegister(compileSeconds, acknowledgeSeconds, plansPublished, statusWrites)
}
