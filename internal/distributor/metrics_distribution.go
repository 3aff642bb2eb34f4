// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/telemetry"
)

// distribution counts the ways in which items come to queues and agents.
type distribution struct {
	assignments, chosen, overflows, consults *prometheus.CounterVec
	promotions                               prometheus.Counter
}

func newDistribution(r prometheus.Registerer) distribution {
	counters := func(o prometheus.CounterOpts, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(o, labels)
		r.MustRegister(c)
		return c
	}
	d := distribution{
		assignments: counters(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "assignments_total",
			Help: "Items that came to an agent, by how.",
		}, "how"),
		chosen: counters(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "agents_chosen_total",
			Help: "Agents who were chosen for an item, by what chose them.",
		}, "via"),
		overflows: counters(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "overflows_total",
			Help: "Items that a queue could not simply take or keep, by trigger and action.",
		}, "trigger", "action"),
		consults: counters(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "consults_ended_total",
			Help: "Consultations and requests for them that ended, by outcome.",
		}, "outcome"),
		promotions: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: telemetry.Namespace, Subsystem: subsystem, Name: "promotions_total",
			Help: "Items that had waited for so long that they are served before all others.",
		}),
	}
	r.MustRegister(d.promotions)
	return d
}

func (d *distribution) count(e event.Event) {
	switch e := e.(type) {
	case event.OfferMade:
		d.choose(e.Via)
	case event.ItemAssigned:
		d.assignments.WithLabelValues(string(e.How)).Inc()
		if e.How == event.ByAutoAccept {
			d.choose(e.Via)
		}
	case event.ItemRouted:
		if e.Overflow != nil {
			d.overflow(*e.Overflow)
		}
	case event.ItemOverflowed:
		d.overflow(e.Overflowed)
	case event.ItemPromoted:
		d.promotions.Inc()
	case event.ConsultEnded:
		d.consults.WithLabelValues(string(e.Outcome)).Inc()
	}
}

func (d *distribution) choose(via event.Via) {
	d.chosen.WithLabelValues(cmp.Or(string(via), "Method")).Inc()
}

func (d *distribution) overflow(o event.Overflowed) {
	d.overflows.WithLabelValues(string(o.On), string(o.Action)).Inc()
}
