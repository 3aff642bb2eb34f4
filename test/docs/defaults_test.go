// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/test/docs"
)

// compiled are the defaults on the pages that are not the schema's but the compiler's, each as the smallest object with a
// place for the field, and another value, which makes a difference.
var compiled = map[string]struct{ object, other string }{
	"Workstream workDistribution.agentAffinity.mode":       {smallWorkstream + "    agentAffinity: {mode: VALUE}\n", "Disabled"},
	"Workstream workDistribution.autoCloseAfterInactivity": {smallWorkstream + "    autoCloseAfterInactivity: VALUE\n", "1h"},
	"Workstream workDistribution.reconnectGrace":           {smallWorkstream + "    reconnectGrace: VALUE\n", "1h"},
	"Agent capacity.units":                                 {smallAgent + "  capacity: {units: VALUE, profiles: [{name: chats}]}\n", "5"},
	"Agent timeZone":                                       {smallAgent + "  timeZone: VALUE\n", "Europe/Berlin"},
}

const (
	smallWorkstream = `metadata: {name: chat}
spec:
  type: Messaging
  channelType: Custom
  routing: {fallbackQueueRef: {name: general}}
  workDistribution:
    capacity: {units: 30}
`
	smallAgent = `metadata: {name: ann}
spec:
  subject: ann
`
)

// TestDocumentedDefaultsAreThoseOfTheCompiler: an object without the field means the same as with the default that its page
// has, and something else with another value. Those that the schema sets, TestEveryFieldIsOnItsPage compares.
func TestDocumentedDefaultsAreThoseOfTheCompiler(t *testing.T) {
	left := map[string]bool{}
	for key := range compiled {
		left[key] = true
	}
	for kind, schema := range schemasOfKinds(t) {
		fields := docs.Fields(part(schema, "spec"))
		for _, row := range pageOf(t, kind).Rows("## Fields", "field") {
			if len(row.Cells) != 2 || !strings.HasPrefix(row.Cells[0], "`") || fields[row.Fields[0]].Default != "" {
				continue
			}
			key, value := kind+" "+row.Fields[0], strings.Trim(row.Cells[0], "`")
			tc, ok := compiled[key]
			if _, isField := fields[value]; !ok && isField {
				continue // the default is what another field has
			}
			if !ok {
				t.Errorf("no case for the default %s of %s", value, key)
				continue
			}
			delete(left, key)
			unset, set, other := planOf(t, kind, tc.object, ""), planOf(t, kind, tc.object, value), planOf(t, kind, tc.object, tc.other)
			if !bytes.Equal(unset, set) {
				t.Errorf("%s: without it the plan is\n%s\nand with %s\n%s", key, unset, value, set)
			}
			if bytes.Equal(unset, other) {
				t.Errorf("%s: %s makes no difference", key, tc.other)
			}
		}
	}
	for key := range left {
		t.Errorf("no page has a default of %s", key)
	}
}

// planOf compiles one object, with a value for its field or, where that is empty, without the field.
func planOf(t *testing.T, kind, object, value string) []byte {
	t.Helper()
	in := compile.Input{
		Namespace:        "contoso",
		Queues:           []v1alpha1.Queue{{Spec: v1alpha1.QueueSpec{Type: v1alpha1.ItemTypeMessaging}}},
		CapacityProfiles: []v1alpha1.CapacityProfile{{Spec: v1alpha1.CapacityProfileSpec{Limit: 3}}},
	}
	in.Queues[0].Name, in.CapacityProfiles[0].Name = "general", "chats"
	if value == "" {
		value = "null" // which is not set
	}
	text := []byte(strings.ReplaceAll(object, "VALUE", value))
	var err error
	switch kind {
	case v1alpha1.KindWorkstream:
		in.Workstreams = make([]v1alpha1.Workstream, 1)
		err = yaml.UnmarshalStrict(text, &in.Workstreams[0])
	case v1alpha1.KindAgent:
		in.Agents = make([]v1alpha1.Agent, 1)
		err = yaml.UnmarshalStrict(text, &in.Agents[0])
	default:
		t.Fatalf("no case for a %s", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := compile.Compile(&in)
	if err != nil {
		t.Fatal(err)
	}
	// A plan without a zone means UTC, as time.LoadLocation does.
	return bytes.ReplaceAll(out.Body, []byte(`,"zone":"UTC"`), nil)
}
