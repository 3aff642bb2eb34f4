// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/channel/custom"
	"workstream.dev/operator/internal/event"
)

type metrics struct {
	durations *prometheus.HistogramVec
	values    *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer) *metrics {
	m := &metrics{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "workstream_distributor_http_request_duration_seconds",
			Help:    "Time to answer a request, until its effect was durable; upgraded streams are not in it.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route", "code"}),
		values: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "workstream_distributor_http_context_values_total",
			Help: "Values of context, channel and records that came with what was taken in, by what became of them.",
		}, []string{"result"}),
	}
	for _, result := range []string{valueTaken, valueUndeclared} {
		m.values.WithLabelValues(result)
	}
	for _, r := range event.LeftOutReasons() {
		m.values.WithLabelValues(string(r))
	}
	to.MustRegister(m.durations, m.values)
	return m
}

// What became of a value that was not left out.
const (
	valueTaken      = "Taken"
	valueUndeclared = "Undeclared"
)

func (m *metrics) countValues(found custom.Found) {
	if n := found.Taken - len(found.Undeclared); n > 0 {
		m.values.WithLabelValues(valueTaken).Add(float64(n))
	}
	if n := len(found.Undeclared); n > 0 {
		m.values.WithLabelValues(valueUndeclared).Add(float64(n))
	}
	for _, l := range found.LeftOut {
		m.values.WithLabelValues(string(l.Reason)).Inc()
	}
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
