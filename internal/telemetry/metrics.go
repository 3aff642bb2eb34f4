// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"workstream.dev/operator/internal/version"
)

// Namespace is what the names of all our metrics begin with.
const Namespace = "workstream"

// NewRegistry returns a registry with the metrics of the Go runtime, the process and the build. It is one of its own, so
// that two instances in one process, as in tests, do not count together.
func NewRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(NewBuildInfo(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// NewBuildInfo returns the metric that tells the version, for registries that have all the rest.
func NewBuildInfo() prometheus.Collector {
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: Namespace, Name: "build_info", Help: "Always 1; the label is the version that runs.",
	}, []string{"version"})
	build.WithLabelValues(version.String()).Set(1)
	return build
}

// Handler serves the metrics of a registry.
func Handler(r *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{Registry: r})
}
