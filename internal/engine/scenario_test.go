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

// checkOffer compares each offer with what the oracle says must be offered next. This is INV-5 and INV-9: nobody is
// served out of order, and deciding again from the same state gives the same answer.
func checkOffer(replay *engine.Engine, r event.Recorded) error {
	made, ok := r.Event.(event.OfferMade)
	if !ok {
		return nil
	}
	if item, agent := replay.NextOffer(r.Time); item != made.Item || agent != made.Agent {
		return fmt.Errorf("item %s is offered to %s, and item %q should be to %q", made.Item, made.Agent, item, agent)
	}
	return nil
}
