// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"

	"github.com/cockroachdb/datadriven"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/testkit/scenario"
)

// TestScenario runs the stories in testdata, one file per rule of the design.
func TestScenario(t *testing.T) {
	defer engine.SetFewMembers(engine.SetFewMembers(2)) // so that queues of three have trees
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		scenario.Run(t, path)
	})
}
