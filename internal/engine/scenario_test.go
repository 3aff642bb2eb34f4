// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/datadriven"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/testkit/scenario"
)

// TestScenario runs the stories in testdata, one file per rule of the design.
func TestScenario(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		scenario.Run(t, path, checkOffer)
	})
}

// checkOffer compares each offer by the method of a queue with what the oracle says must be offered next. This is INV-5 and
// INV-9: nobody is served out of order, and deciding again from the same state gives the same answer.
func checkOffer(replay *engine.Engine, r event.Recorded) error {
	var item, agent string
	switch ev := r.Event.(type) {
	case event.OfferMade:
		if ev.Via != event.ViaMethod {
			return nil
		}
		item, agent = ev.Item, ev.Agent
	case event.ItemAssigned:
		if ev.How != event.ByAutoAccept || ev.Via != event.ViaMethod {
			return nil
		}
		item, agent = ev.Item, ev.Agent
	default:
		return nil
	}
	if i, a := replay.NextOffer(r.Time); i != item || a != agent {
		return fmt.Errorf("item %s is offered to %s, and item %q should be to %q", item, agent, i, a)
	}
	return nil
}
