// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct{ durations *prometheus.HistogramVec }

func newMetrics(to prometheus.Registerer) *metrics {
	m := &metrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "workstream_distributor_stream_command_duration_seconds",
		Help:    "Time to answer a command that came over an agent's stream, until its effect was durable.",
		Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"command", "code"})}
	to.MustRegister(m.durations)
	return m
}

// observe counts a command; do is the name of an operation that there is.
func (m *metrics) observe(do string, status int, took time.Duration) {
	m.durations.WithLabelValues(do, strconv.Itoa(status)).Observe(took.Seconds())
}
