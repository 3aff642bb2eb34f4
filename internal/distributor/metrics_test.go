// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

func TestDistributionIsCounted(t *testing.T) {
	r := prometheus.NewRegistry()
	d := newDistribution(r)
	limit := event.Overflowed{Queue: "a", On: plan.ItemLimit, Action: plan.TransferTo}
	for _, e := range []event.Event{
		event.OfferMade{},
		event.OfferMade{Via: event.ViaAffinity},
		event.OfferMade{Via: event.ViaTransfer},
		event.ItemAssigned{How: event.ByOffer},
		event.ItemAssigned{How: event.ByAutoAccept, Via: event.ViaPreferred},
		event.ItemRouted{},
		event.ItemRouted{Overflow: &limit},
		event.ItemOverflowed{Overflowed: event.Overflowed{On: plan.WaitTime, Action: plan.EndItem}},
		event.ItemPromoted{},
		event.ConsultEnded{Outcome: event.ConsultDone},
	} {
		d.count(e)
	}
	want := `
		# HELP workstream_distributor_agents_chosen_total Agents who were chosen for an item, by what chose them.
		# TYPE workstream_distributor_agents_chosen_total counter
		workstream_distributor_agents_chosen_total{via="Affinity"} 1
		workstream_distributor_agents_chosen_total{via="Method"} 1
		workstream_distributor_agents_chosen_total{via="Preferred"} 1
		workstream_distributor_agents_chosen_total{via="Transfer"} 1
		# HELP workstream_distributor_assignments_total Items that came to an agent, by how.
		# TYPE workstream_distributor_assignments_total counter
		workstream_distributor_assignments_total{how="AutoAccept"} 1
		workstream_distributor_assignments_total{how="Offer"} 1
		# HELP workstream_distributor_consults_ended_total Consultations and requests for them that ended, by outcome.
		# TYPE workstream_distributor_consults_ended_total counter
		workstream_distributor_consults_ended_total{outcome="Done"} 1
		# HELP workstream_distributor_overflows_total Items that a queue could not simply take or keep, by trigger and action.
		# TYPE workstream_distributor_overflows_total counter
		workstream_distributor_overflows_total{action="End",trigger="WaitTime"} 1
		workstream_distributor_overflows_total{action="TransferTo",trigger="ItemLimit"} 1
		# HELP workstream_distributor_promotions_total Items that had waited for so long that they are served before all others.
		# TYPE workstream_distributor_promotions_total counter
		workstream_distributor_promotions_total 1
	`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}
