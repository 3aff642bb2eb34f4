// SPDX-License-Identifier: Apache-2.0

package cel

import "workstream.dev/operator/api/v1alpha1"

// schemaCases are what the schema refuses without a rule of ours: the words are the API server's.
var schemaCases = []testCase{
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {capacity: {unit: 30}}}}`, allowed: `{}`,
		message: `unknown field "spec.workDistribution.capacity.unit"`,
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {capacity: {units: 10001}}}}`,
		allowed: `{spec: {workDistribution: {capacity: {units: 10000}}}}`,
		message: "spec.workDistribution.capacity.units in body should be less than or equal to 10000",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {type: Voice}}`, allowed: `{}`,
		message: `spec.type: Unsupported value: "Voice": supported values: "Messaging", "Record"`,
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {channelType: SMS}}`, allowed: `{}`,
		message: `spec.channelType: Unsupported value: "SMS": supported values: "Custom"`,
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {allowedPresences: [Offline]}}}`,
		allowed: `{spec: {workDistribution: {allowedPresences: [Away, DoNotDisturb]}}}`,
		message: `spec.workDistribution.allowedPresences[0]: Unsupported value: "Offline"`,
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {allowedPresences: []}}}`, allowed: `{}`,
		message: "spec.workDistribution.allowedPresences in body should have at least 1 items",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {offer: {timeout: 2 minutes}}}}`,
		allowed: `{spec: {workDistribution: {offer: {timeout: 2m30s}}}}`,
		message: `spec.workDistribution.offer.timeout in body should match`,
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {routing: {fallbackQueueRef: null}}}`, allowed: `{}`,
		message: "spec.routing.fallbackQueueRef: Required value",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {revisionHistoryLimit: 0}}`, allowed: `{spec: {revisionHistoryLimit: 1}}`,
		message: "spec.revisionHistoryLimit in body should be greater than or equal to 1",
	},
	{
		kind: v1alpha1.KindChannel, refused: `{spec: {custom: {address: Contoso_Web}}}`,
		allowed: `{spec: {custom: {address: contoso-web}}}`,
		message: "spec.custom.address in body should match",
	},
	{
		kind: v1alpha1.KindContextVariable, refused: `{spec: {name: customer tier}}`, allowed: `{spec: {name: customer_tier}}`,
		message: "spec.name in body should match",
	},
	{
		kind: v1alpha1.KindContextVariable, refused: `{spec: {type: Boolean}}`, allowed: `{spec: {type: Number}}`,
		message: `spec.type: Unsupported value: "Boolean": supported values: "Text", "Number"`,
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {rules: []}}`, allowed: `{}`,
		message: "spec.rules in body should have at least 1 items",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: `{spec: {rules: [{name: a, route: {queueRef: {name: a}}}, {name: a, route: {queueRef: {name: b}}}]}}`,
		allowed: `{spec: {rules: [{name: a, route: {queueRef: {name: a}}}, {name: b, route: {queueRef: {name: b}}}]}}`,
		message: `spec.rules[1]: Duplicate value: {"name":"a"}`,
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: tests(`{name: a, expect: {}}`),
		allowed: tests(`{name: a, given: {context.tier: gold, context.basket: 7.5}, expect: {rule: all}}`),
		message: "spec.tests[0].expect in body should have at least 1 properties",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: tests(`{name: a, given: [context.tier], expect: {rule: all}}`),
		allowed: tests(`{name: a, given: {}, expect: {rule: all}}`),
		message: `spec.tests[0].given: Invalid value: "array": spec.tests[0].given in body must be of type object`,
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: tests(`{name: a, expect: {rule: all}}, {name: a, expect: {match: None}}`),
		allowed: tests(`{name: a, expect: {rule: all}}, {name: b, expect: {rule: all}}`),
		message: `spec.tests[1]: Duplicate value: {"name":"a"}`,
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{attribute: a, operator: Like}`),
		allowed: when(`{attribute: a, operator: Matches, values: [".*"]}`),
		message: `spec.rules[0].when.operator: Unsupported value: "Like"`,
	},
	{
		kind:    v1alpha1.KindRoutingRuleset, // three levels of groups, and no fourth
		refused: when(`{all: [{any: [{not: {not: {attribute: a, operator: Exists}}}]}]}`),
		allowed: when(`{all: [{any: [{not: {attribute: a, operator: Exists}}]}]}`),
		message: `unknown field "spec.rules[0].when.all[0].any[0].not.not"`,
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: route(split("a=20 b=20 c=20 d=20 e=10 f=10")),
		allowed: route(split("a=20 b=20 c=20 d=20 e=20")),
		message: "spec.rules[0].route.split: Too many: 6: must have at most 5 items",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {assignment: {method: MostIdle}}}`,
		allowed: `{spec: {assignment: {method: RoundRobin}}}`,
		message: `spec.assignment.method: Unsupported value: "MostIdle": supported values: "HighestCapacity", "RoundRobin", "LeastActive"`,
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {priority: 0}}`, allowed: `{spec: {priority: 1}}`,
		message: "spec.priority in body should be greater than or equal to 1",
	},
	{
		kind: v1alpha1.KindAgent, refused: `{spec: {roles: [Integration]}}`, allowed: `{spec: {roles: [Supervisor, Agent]}}`,
		message: `spec.roles[0]: Unsupported value: "Integration": supported values: "Agent", "Supervisor"`,
	},
	{
		kind: v1alpha1.KindAgent, refused: `{spec: {queueRefs: [{name: a}, {name: a}]}}`,
		allowed: `{spec: {queueRefs: [{name: a}, {name: b}]}}`,
		message: `spec.queueRefs[1]: Duplicate value: {"name":"a"}`,
	},
	{
		kind: v1alpha1.KindAgent, refused: `{spec: {subject: ""}}`, allowed: `{spec: {subject: "248289761001"}}`,
		message: "spec.subject in body should be at least 1 chars long",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {storage: {embedded: {size: 10GB}}}}`,
		allowed: `{spec: {storage: {embedded: {size: 1Ti}}}}`,
		message: "spec.storage.embedded.size in body should match",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {auth: {jwt: [{issuer: a, audiences: [], jwksURL: "https://contoso.com/keys"}]}}}`,
		allowed: `{spec: {auth: {jwt: [{issuer: a, audiences: [b], jwksURL: "https://contoso.com/keys"}]}}}`,
		message: "spec.auth.jwt[0].audiences in body should have at least 1 items",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {routing: {classification: [{name: a}, {name: a}]}}}`,
		allowed: `{spec: {routing: {classification: [{name: b}, {name: a}]}}}`,
		message: `spec.routing.classification[1]: Duplicate value: {"name":"a"}`,
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {type: Classification, rules: [{name: all, set: {}}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all, set: {priority: 10000}}]}}`,
		message: "spec.rules[0].set in body should have at least 1 properties",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {type: Classification, rules: [{name: all, set: {attributes: [{name: customer.tier, value: gold}]}}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all, set: {attributes: [{name: context.tier, value: gold}]}}]}}`,
		message: "spec.rules[0].set.attributes[0].name in body should match",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {type: Classification, rules: [{name: all, skills: [{name: french, rating: 11}]}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all, skills: [{name: french, rating: 10}, {name: billing-2}]}]}}`,
		message: "spec.rules[0].skills[0].rating in body should be less than or equal to 10",
	},
	{
		kind: v1alpha1.KindAgent, refused: `{spec: {skills: [{name: french, rating: 0}]}}`,
		allowed: `{spec: {skills: [{name: french, rating: 1}]}}`,
		message: "spec.skills[0].rating in body should be greater than or equal to 1",
	},
	{
		kind: v1alpha1.KindAgent, refused: `{spec: {skills: [{name: "french, fluent"}]}}`,
		allowed: `{spec: {skills: [{name: french.fluent}]}}`,
		message: "spec.skills[0].name in body should match",
	},
	{
		kind: v1alpha1.KindAgent, refused: `{spec: {capacity: {profiles: []}}}`,
		allowed: `{spec: {capacity: {profiles: [{name: chats, limit: 1}]}}}`,
		message: "spec.capacity.profiles in body should have at least 1 items",
	},
	{
		kind: v1alpha1.KindCapacityProfile, refused: `{spec: {limit: 0}}`,
		allowed: `{spec: {limit: 1, assignmentBlocking: Enabled}}`,
		message: "spec.limit in body should be greater than or equal to 1",
	},
	{
		kind: v1alpha1.KindOperatingHours, refused: `{spec: {weekly: [{days: [Monday], from: "24:00", to: "24:00"}]}}`,
		allowed: `{spec: {weekly: [{days: [Monday], from: "23:59", to: "24:00"}]}}`,
		message: "spec.weekly[0].from in body should match",
	},
	{
		kind: v1alpha1.KindOperatingHours, refused: `{spec: {weekly: [{days: [Monday], from: "08:00", to: "24:01"}]}}`,
		allowed: `{spec: {weekly: [{days: [Monday, Sunday], from: "22:00", to: "06:00"}]}}`,
		message: "spec.weekly[0].to in body should match",
	},
	{
		kind: v1alpha1.KindOperatingHours, refused: `{spec: {weekly: [{days: [Weekend], from: "08:00", to: "12:00"}]}}`,
		allowed: `{spec: {weekly: [{days: [Saturday, Sunday], from: "08:00", to: "12:00"}]}}`,
		message: `spec.weekly[0].days[0]: Unsupported value: "Weekend"`,
	},
	{
		kind: v1alpha1.KindOperatingHours, refused: `{spec: {holidays: [{date: "2026-02-30"}]}}`,
		allowed: `{spec: {holidays: [{date: "2026-02-28", open: [{from: "08:00", to: "12:00"}]}]}}`,
		message: "spec.holidays[0].date in body must be of type date",
	},
	{
		kind: v1alpha1.KindOperatingHours, refused: `{spec: {holidays: [{date: "2026-12-24"}, {date: "2026-12-24"}]}}`,
		allowed: `{spec: {holidays: [{date: "2026-12-24"}, {date: "2026-12-25"}]}}`,
		message: `spec.holidays[1]: Duplicate value: {"date":"2026-12-24"}`,
	},
	{
		kind: v1alpha1.KindOperatingHours, refused: `{spec: {timeZone: "Europe Berlin"}}`,
		allowed: `{spec: {timeZone: America/Argentina/Buenos_Aires}}`,
		message: "spec.timeZone in body should match",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {presenceRules: {onMissedOffer: Away}}}`,
		allowed: `{spec: {presenceRules: {onMissedOffer: Inactive}}}`,
		message: `spec.presenceRules.onMissedOffer: Unsupported value: "Away": supported values: "None", "Inactive"`,
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {presences: [{name: "Lunch ", base: Away}]}}`,
		allowed: `{spec: {presences: [{name: Back office, base: Busy}]}}`,
		message: "spec.presences[0].name in body should match",
	},
}
