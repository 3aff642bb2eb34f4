// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"errors"
	"reflect"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/telemetry"
	"workstream.dev/operator/internal/view"
)

const subsystem = "distributor"

// Metrics are those of a loop and its view.
type Metrics struct {
	commands       *prometheus.CounterVec
	events         prometheus.Counter
	batch          prometheus.Histogram
	commit         prometheus.Histogram
	appended       prometheus.Counter
	failures       *prometheus.CounterVec
	position       prometheus.Gauge
	full           prometheus.Gauge
	recovery       prometheus.Gauge
	snapshot       prometheus.Histogram
	snapshotPause  prometheus.Histogram
	snapshotBytes  prometheus.Gauge
	snapshotFailed prometheus.Counter
	offersMade     prometheus.Counter
	offersEnded    *prometheus.CounterVec
	distribution   distribution
	planRefused    prometheus.Counter
}

// NewMetrics registers the metrics, those that v has included.
func NewMetrics(r prometheus.Registerer, v *view.View) *Metrics {
	counter := func(o prometheus.CounterOpts) prometheus.Counter {
		c := prometheus.NewCounter(o)
		r.MustRegister(c)
		return c
	}
	gauge := func(o prometheus.GaugeOpts) prometheus.Gauge {
		g := prometheus.NewGauge(o)
		r.MustRegister(g)
		return g
	}
	m := &Metrics{
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "commands_total",
			Help: "Commands carried out or refused, by type and outcome: Done, Duplicate, or the reason of the refusal.",
		}, []string{"type", "outcome"}),
		events: counter(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "events_total",
			Help: "Events that have become durable.",
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "batch_commands",
			Help: "Commands in one round of the loop.", Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "commit_duration_seconds",
			Help:    "Time from taking up a batch to its entry being on stable storage.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16),
		}),
		appended: counter(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "journal_appended_bytes_total",
			Help: "Bytes of the entries appended to the journal.",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "journal_append_failures_total",
			Help: "Appends that did not succeed, by reason: Full, Conflict, TooLarge, Uncertain.",
		}, []string{"reason"}),
		position: gauge(prometheus.GaugeOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "journal_position",
			Help: "Position of the last entry of the journal.",
		}),
		full: gauge(prometheus.GaugeOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "journal_full",
			Help: "1 while the journal has no room and nothing is taken in.",
		}),
		recovery: gauge(prometheus.GaugeOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "recovery_duration_seconds",
			Help: "Time that the last recovery from the journal took.",
		}),
		offersMade: counter(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "offers_made_total",
			Help: "Offers made to agents.",
		}),
		offersEnded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "offers_ended_total",
			Help: "Offers that ended, by outcome: Accepted, Declined, Expired, Revoked.",
		}, []string{"outcome"}),
		planRefused: counter(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "plans_refused_total",
			Help: "Plans from the manager that this distributor does not run.",
		}),
	}
	r.MustRegister(m.commands, m.batch, m.commit, m.failures, m.offersEnded, viewCollector{v})
	m.addSnapshots(r)
	m.distribution = newDistribution(r)
	return m
}

func (m *Metrics) addSnapshots(r prometheus.Registerer) {
	m.snapshot = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "snapshot_duration_seconds",
		Help:    "Time from taking a snapshot to its being stored.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
	})
	m.snapshotPause = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "snapshot_pause_seconds",
		Help:    "Time that the loop stood still for a snapshot.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
	})
	m.snapshotBytes = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "snapshot_bytes",
		Help: "Size of the last snapshot.",
	})
	m.snapshotFailed = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "snapshot_failures_total",
		Help: "Snapshots that could not be stored.",
	})
	r.MustRegister(m.snapshot, m.snapshotPause, m.snapshotBytes, m.snapshotFailed)
}

// commandName is the type of a command, from a closed set.
func commandName(cmd event.Command) string { return reflect.TypeOf(cmd).Name() }

func (m *Metrics) command(cmd event.Command, r event.Result) {
	outcome := "Done"
	switch {
	case r.Rejected != nil:
		outcome = string(r.Rejected.Reason)
	case r.Duplicate:
		outcome = "Duplicate"
	}
	m.commands.WithLabelValues(commandName(cmd), outcome).Inc()
}

func (m *Metrics) committed(events []event.Recorded, size int, took time.Duration) {
	m.commit.Observe(took.Seconds())
	m.appended.Add(float64(size))
	m.events.Add(float64(len(events)))
	for _, r := range events {
		m.distribution.count(r.Event)
		switch e := r.Event.(type) {
		case event.OfferMade:
			m.offersMade.Inc()
		case event.OfferClosed:
			m.offersEnded.WithLabelValues(string(e.Outcome)).Inc()
		case event.ItemAssigned:
			if e.Offer != "" {
				m.offersEnded.WithLabelValues("Accepted").Inc()
			}
		}
	}
}

func (m *Metrics) appendFailed(err error) {
	reason := "Uncertain"
	switch {
	case errors.Is(err, journal.ErrFull):
		reason = "Full"
	case errors.Is(err, journal.ErrConflict):
		reason = "Conflict"
	case errors.Is(err, journal.ErrTooLarge):
		reason = "TooLarge"
	}
	m.failures.WithLabelValues(reason).Inc()
}

// viewCollector reads the figures of a view when they are asked for.
type viewCollector struct{ view *view.View }

var (
	itemsDesc = prometheus.NewDesc(prometheus.BuildFQName(telemetry.Namespace, subsystem, "items"),
		"Work items that are not closed, by state.", []string{"state"}, nil)
	waitingDesc = prometheus.NewDesc(prometheus.BuildFQName(telemetry.Namespace, subsystem, "queue_waiting"),
		"Items in a queue that are offered to nobody.", []string{"queue"}, nil)
	agentsDesc = prometheus.NewDesc(prometheus.BuildFQName(telemetry.Namespace, subsystem, "agents_connected"),
		"Agents with a live connection.", nil, nil)
	streamsDesc = prometheus.NewDesc(prometheus.BuildFQName(telemetry.Namespace, subsystem, "agent_streams"),
		"Live streams of agents.", nil, nil)
	planDesc = prometheus.NewDesc(prometheus.BuildFQName(telemetry.Namespace, subsystem, "plan_info"),
		"Always 1; the label is the version of the plan in force.", []string{"version"}, nil)
	planObjectsDesc = prometheus.NewDesc(prometheus.BuildFQName(telemetry.Namespace, subsystem, "plan_objects"),
		"Objects of the plan in force, by kind.", []string{"kind"}, nil)
)

// Describe implements prometheus.Collector.
func (viewCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{itemsDesc, waitingDesc, agentsDesc, streamsDesc, planDesc, planObjectsDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c viewCollector) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, n int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	s := c.view.Stats()
	for _, state := range []event.State{event.Open, event.Active, event.Waiting, event.WrapUp} {
		send(itemsDesc, s.Items[state], string(state))
	}
	for queue, n := range s.Waiting {
		send(waitingDesc, n, queue)
	}
	send(agentsDesc, s.AgentsConnected)
	send(streamsDesc, s.Streams)
	if v := c.view.PlanVersion(); v != "" {
		send(planDesc, 1, v)
	}
	p := c.view.Plan()
	send(planObjectsDesc, len(p.Workstreams), "Workstream")
	send(planObjectsDesc, len(p.Channels), "Channel")
	send(planObjectsDesc, len(p.Queues), "Queue")
	send(planObjectsDesc, len(p.Agents), "Agent")
}
