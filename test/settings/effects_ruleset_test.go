// SPDX-License-Identifier: Apache-2.0

package settings

// rulesetEffects are those of the fields of a RoutingRuleset.
var rulesetEffects = map[string]effect{
	"RoutingRuleset type": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: VALUE}`,
		story: `connect ann
message c1`,
		says: map[string]string{
			"RouteToQueue, rules: [{name: all, route: {queueRef: {name: second}}}]": "queue=second",
			"Classification, rules: [{name: all, set: {priority: 7}}]":              "is of type Classification, not RouteToQueue",
		},
	},
	"RoutingRuleset rules[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: VALUE, route: {queueRef: {name: second}}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"first": "rule=first", "other": "rule=other"},
	},
	"RoutingRuleset rules[].when.attribute": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: VALUE, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"context.tier": "queue=second", "channel.tier": "queue=general"},
	},
	"RoutingRuleset rules[].when.operator": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: VALUE, values: [gold]}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"Equal": "queue=second", "NotEqual": "queue=general"},
	},
	"RoutingRuleset rules[].when.values": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: VALUE}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"[gold]": "queue=second", "[silver]": "queue=general"},
	},
	"RoutingRuleset rules[].when.caseSensitive": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [Gold], caseSensitive: VALUE}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"Disabled": "queue=second", "Enabled": "queue=general"},
	},
	"RoutingRuleset rules[].when.timeZone": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: item.createdAt, operator: Within, values: ["07:30", "08:30"], timeZone: VALUE}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"UTC": "queue=second", "Europe/Berlin": "queue=general"},
	},
	"RoutingRuleset rules[].when.operatingHoursRef.name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: item.createdAt, operator: Within, operatingHoursRef: {name: VALUE}}, route: {queueRef: {name: second}}}]}
---
kind: OperatingHours
metadata: {name: day}
spec: {timeZone: UTC, weekly: [{days: [Friday], from: "06:00", to: "21:00"}]}
---
kind: OperatingHours
metadata: {name: night}
spec: {timeZone: UTC, weekly: [{days: [Friday], from: "20:00", to: "21:00"}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"day": "queue=second", "night": "queue=general"},
	},
	"RoutingRuleset rules[].when.all": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {all: VALUE}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"[{attribute: context.tier, operator: Exists}]": "queue=second", "[{attribute: context.tier, operator: Exists}, {attribute: context.points, operator: Exists}]": "queue=general"},
	},
	"RoutingRuleset rules[].when.any": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {any: VALUE}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"[{attribute: context.points, operator: Exists}]": "queue=general", "[{attribute: context.tier, operator: Exists}, {attribute: context.points, operator: Exists}]": "queue=second"},
	},
	"RoutingRuleset rules[].when.not": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {not: VALUE}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"{attribute: context.tier, operator: Exists}": "queue=general", "{attribute: context.points, operator: Exists}": "queue=second"},
	},
	"RoutingRuleset rules[].expression": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, expression: VALUE, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{`context.tier == "gold"`: `queue=second`, `context.tier == "silver"`: `queue=general`},
	},
	"RoutingRuleset rules[].route.queueRef.name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: VALUE}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"second": "queue=second", "general": "queue=general"},
	},
	"RoutingRuleset rules[].route.split[].queueRef.name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, route: {split: [{queueRef: {name: VALUE}, percent: 99}, {queueRef: {name: general}, percent: 1}]}}]}
---
kind: Queue
metadata: {name: third}
spec: {type: Messaging}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"second": "queue=second", "third": "queue=third"},
	},
	"RoutingRuleset rules[].route.split[].percent": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, route: {split: [{queueRef: {name: second}, percent: VALUE}]}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"99}, {queueRef: {name: general}, percent: 1": "queue=second", "1}, {queueRef: {name: general}, percent: 99": "queue=general"},
	},
	"RoutingRuleset rules[].set.priority": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, set: {priority: VALUE, attributes: [{name: context.tier, value: tin}]}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"": "priority=100", "7": "priority=7", "8": "priority=8"},
	},
	"RoutingRuleset rules[].set.attributes[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, set: {attributes: [{name: VALUE, value: "5"}]}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"context.tier": "context.tier=5", "context.points": "context.points=5"},
	},
	"RoutingRuleset rules[].set.attributes[].value": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, set: {attributes: [{name: context.tier, value: VALUE}]}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"silver": "context.tier=silver", "bronze": "context.tier=bronze"},
	},
	"RoutingRuleset rules[].skills[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, skills: [{name: VALUE}]}]}
---
kind: Agent
metadata: {name: ann}
spec: {skills: [{name: french}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"french": "OfferMade", "german": "SkillMissing"},
	},
	"RoutingRuleset rules[].skills[].rating": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, skills: [{name: french, rating: VALUE}]}]}
---
kind: Agent
metadata: {name: ann}
spec: {skills: [{name: french, rating: 3}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"": "OfferMade", "4": "eligible=0"},
	},
	"RoutingRuleset rules[].capacityProfiles[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, capacityProfiles: [{name: VALUE}]}]}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: CapacityProfile
metadata: {name: desks}
spec: {limit: 1}
---
kind: Agent
metadata: {name: ann}
spec: {capacity: {profiles: [{name: slots}]}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"slots": "OfferMade", "desks": "NoSlot"},
	},
	"RoutingRuleset tests[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}], tests: [{name: VALUE, given: {context.tier: gold}, expect: {match: None}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"first": "(first)", "other": "(other)"},
	},
	"RoutingRuleset tests[].given": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}], tests: [{name: first, given: VALUE, expect: {rule: all}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"{context.tier: gold}": "ItemOpened", "{context.tier: silver}": "TestFailed"},
	},
	"RoutingRuleset tests[].expect.rule": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}], tests: [{name: first, given: {context.tier: gold}, expect: {rule: VALUE}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"all": "ItemOpened", "some": "there is no rule \"some\""},
	},
	"RoutingRuleset tests[].expect.match": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}], tests: [{name: first, given: {context.tier: gold}, expect: {match: VALUE}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"None": "TestFailed", "null, rule: all": "ItemOpened"},
	},
	"RoutingRuleset tests[].expect.queue": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}], tests: [{name: first, given: {context.tier: gold}, expect: {queue: VALUE}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"second": "ItemOpened", "general": "TestFailed"},
	},
	"RoutingRuleset tests[].expect.priority": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, set: {priority: 7}}], tests: [{name: first, given: {context.tier: gold}, expect: {priority: VALUE}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"7": "ItemOpened", "8": "TestFailed"},
	},
	"RoutingRuleset tests[].expect.attributes[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, set: {attributes: [{name: context.points, value: "1"}]}}], tests: [{name: first, given: {context.tier: gold}, expect: {attributes: [{name: VALUE, value: "1"}]}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"context.points": "ItemOpened", "context.tier": "TestFailed"},
	},
	"RoutingRuleset tests[].expect.attributes[].value": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, set: {attributes: [{name: context.tier, value: silver}]}}], tests: [{name: first, given: {context.tier: gold}, expect: {attributes: [{name: context.tier, value: VALUE}]}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"silver": "ItemOpened", "bronze": "TestFailed"},
	},
	"RoutingRuleset tests[].expect.skills[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, skills: [{name: french}]}], tests: [{name: first, given: {context.tier: gold}, expect: {skills: [{name: VALUE}]}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"french": "ItemOpened", "german": "TestFailed"},
	},
	"RoutingRuleset tests[].expect.skills[].rating": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, skills: [{name: french, rating: 3}]}], tests: [{name: first, given: {context.tier: gold}, expect: {skills: [{name: french, rating: VALUE}]}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"3": "ItemOpened", "": "with any rating", "4": "with rating 4"},
	},
	"RoutingRuleset tests[].expect.capacityProfiles[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, capacityProfiles: [{name: slots}]}], tests: [{name: first, given: {context.tier: gold}, expect: {capacityProfiles: [{name: VALUE}]}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"slots": "ItemOpened", "desks": "TestFailed"},
	},
}
