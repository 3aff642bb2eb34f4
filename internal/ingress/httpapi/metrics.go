// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/channel/custom"
)

type metrics struct {
	durations *prometheus.HistogramVec
	dropped   *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer) *metrics {
	m := &metrics{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "workstream_distributor_http_request_duration_seconds",
			Help:    "Time to answer a request, until its effect was durable; upgraded streams are not in it.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route", "code"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "workstream_distributor_http_context_values_dropped_total",
			Help: "Values left out of messages that were taken in, because their variable is not declared or of another type.",
		}, []string{"reason"}),
	}
	for _, r := range custom.DropReasons {
		m.dropped.WithLabelValues(string(r))
	}
	to.MustRegister(m.durations, m.dropped)
	return m
}

// observe counts a request under its route, never its path: labels must not grow with what strangers ask for.
func (m *metrics) observe(pattern string, status int, took time.Duration) {
	if status == http.StatusSwitchingProtocols {
		return // its time is the agent's working day
	}
	method, path, found := strings.Cut(pattern, " ")
	if !found {
		method, path = "", "none"
	}
	m.durations.WithLabelValues(method, path, strconv.Itoa(status)).Observe(took.Seconds())
}
