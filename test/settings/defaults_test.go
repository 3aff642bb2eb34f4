// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"maps"
	"os"
	"strings"
	"testing"

	"workstream.dev/operator/test/docs"
)

// groupEffects are those of lists and objects whose absence the pages describe.
var groupEffects = map[string]effect{
	"OperatingHours weekly": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: second}}}]}
---
kind: Queue
metadata: {name: second}
spec: {operatingHoursRef: {name: office}, overflow: [{when: OutOfHours, action: End}]}
---
kind: OperatingHours
metadata: {name: office}
spec: {timeZone: UTC, weekly: VALUE}`,
		story: "message c1",
		says: map[string]string{
			"": "ClosedDueToOverflow", `[{days: [Friday], from: "07:00", to: "17:00"}]`: "AssignmentDeferred",
		},
	},
	"OperatingHours holidays[].open": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: second}}}]}
---
kind: Queue
metadata: {name: second}
spec: {operatingHoursRef: {name: office}, overflow: [{when: OutOfHours, action: End}]}
---
kind: OperatingHours
metadata: {name: office}
spec: {timeZone: UTC, weekly: [{days: [Friday], from: "07:00", to: "17:00"}], holidays: [{date: "2027-01-15", open: VALUE}]}`,
		story: "message c1",
		says:  map[string]string{"": "ClosedDueToOverflow", `[{from: "07:00", to: "17:00"}]`: "AssignmentDeferred"},
	},
	"Queue overflow": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: second}}}]}
---
kind: OperatingHours
metadata: {name: never}
spec: {timeZone: UTC}
---
kind: Queue
metadata: {name: second}
spec: {operatingHoursRef: {name: never}, overflow: VALUE}`,
		story: "connect ann\nmessage c1",
		says:  map[string]string{"": "ItemQueued i1 queue=second", "[{when: OutOfHours, action: End}]": "ClosedDueToOverflow"},
	},
	"RoutingRuleset rules[].when": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: VALUE, route: {queueRef: {name: second}}}]}`,
		story: "message c1",
		says:  map[string]string{"": "queue=second", "{attribute: context.tier, operator: Exists}": "queue=general"},
	},
}

// unset are the defaults in words that no story tells, with the test that holds them.
var unset = map[string]string{
	"Agent issuer":           "internal/ingress/auth/verifier_test.go TestSubjectsOfTwoIssuersAreTwoPeople",
	"Channel custom.address": "test/settings/access_test.go TestAddressOfAChannel",
	"Distributor storage.embedded.storageClassName": "controllers/dataplane/storage_test.go TestStorageWhenUnset",
	// Nothing but kubectl get reads them: a column that is empty.
	"Workstream displayName":      "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"Queue displayName":           "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"CapacityProfile displayName": "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"ContextVariable displayName": "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"OperatingHours displayName":  "test/settings/coverage_test.go TestDisplayNamesAreShown",
}

// TestDocumentedDefaults: each default on the page of a kind is what happens without the field. A value has the same story as no
// value; or, where no story tells of the field, it is the schema's. Of a default in words a story says what becomes of it.
func TestDocumentedDefaults(t *testing.T) {
	pages, err := docs.Pages(os.DirFS(repository))
	must(t, err)
	stories := maps.Clone(effects)
	maps.Copy(stories, groupEffects)
	used, values := map[string]bool{}, 0
	for kind, d := range crdsByKind(t) {
		page := pages["docs/spec/v1alpha1/"+strings.ToLower(kind)+".md"]
		if page == nil {
			t.Fatalf("%s has no page", kind)
		}
		schema := docs.Fields(d.spec)
		for _, row := range page.Rows("## Fields", "field") {
			if len(row.Cells) != 2 || row.Cells[0] == "" || row.Cells[0] == "required" || row.Cells[0] == "none" {
				continue
			}
			for _, name := range row.Fields {
				field := kind + " " + name
				e, told := stories[field]
				value, isValue := strings.CutPrefix(row.Cells[0], "`")
				value = strings.TrimSuffix(value, "`")
				_, inWords := schema[value] // such as the name of another field
				switch {
				case isValue && !inWords && told:
					values++
					e.sameStory(t, field, value)
				case isValue && !inWords:
					if schema[name].Default != value {
						t.Errorf("%s: no story tells of it, and the schema's default is %q, not %s", field, schema[name].Default, value)
					}
				case told && e.says[""] != "":
				case unset[field] == "":
					t.Errorf("%s: nothing says what becomes of it without: %s", field, row.Cells[0])
				default:
					used[field] = true
				}
			}
		}
	}
	const enough = 20
	if values < enough {
		t.Errorf("%d defaults have stories, there were %d", values, enough)
	}
	for field, test := range unset {
		if file, name, _ := strings.Cut(test, " "); textOf(t, file, name) == "" {
			t.Errorf("%s: there is no %s", field, test)
		}
		if !used[field] {
			t.Errorf("%s has no default in words that needs another test", field)
		}
	}
}

// sameStory: without the field it is told what is told with its default, and with another value something else.
func (e effect) sameStory(t *testing.T, field, value string) {
	t.Helper()
	without, with := e.tell(t, ""), e.tell(t, value)
	if without != with {
		t.Errorf("%s: with its default %s:\n%s\nand without it:\n%s", field, value, with, without)
	}
	for other := range e.says {
		if e.tell(t, other) != without {
			return
		}
	}
	t.Errorf("%s: no value tells another story than its default %s", field, value)
}
