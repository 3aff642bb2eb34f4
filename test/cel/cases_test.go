// SPDX-License-Identifier: Apache-2.0

package cel

import (
	"strings"

	"workstream.dev/operator/api/v1alpha1"
)

// bases are the smallest objects that the API accepts. A case changes them by merge patches, in which null takes a field
// away.
var bases = map[string]string{
	v1alpha1.KindWorkstream: `{type: Messaging, channelType: Custom, workDistribution: {capacity: {units: 30}},
		routing: {fallbackQueueRef: {name: general}}}`,
	v1alpha1.KindChannel:         `{workstreamRef: {name: chat}, type: Custom, custom: {credentialsSecretRef: {name: web}}}`,
	v1alpha1.KindContextVariable: `{workstreamRef: {name: chat}, name: tier, type: Text}`,
	v1alpha1.KindRoutingRuleset:  `{type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: general}}}]}`,
	v1alpha1.KindQueue:           `{type: Messaging}`,
	v1alpha1.KindAgent:           `{subject: ann@contoso.com, capacity: {units: 100}}`,
	v1alpha1.KindCapacityProfile: `{limit: 3}`,
	v1alpha1.KindOperatingHours:  `{timeZone: Europe/Berlin}`,
	v1alpha1.KindDistributor:     `{}`,
}

// A testCase is one rule with an object that it refuses, and one much like it that it allows.
type testCase struct {
	kind string
	// from, if set, is the object as it is stored: refused and allowed then are changes of it.
	from string
	// refused and allowed are merge patches of the whole object.
	refused string
	allowed string
	// message is what the user reads. For a CEL rule it is all of its message.
	message string
}

const (
	record = `{spec: {type: Record, channelType: null, record: {type: case}`
	stored = `{}` // the base as it is

	distributorName = "metadata.name must have at most 40 characters, only lower case letters, digits and dashes: " +
		"pods and a Service are named after it"
)

// route is a ruleset with one rule that goes there.
func route(to string) string { return `{spec: {rules: [{name: all, route: {` + to + `}}]}}` }

// when is a ruleset with one rule of that condition.
func when(condition string) string {
	return `{spec: {rules: [{name: all, route: {queueRef: {name: a}}, when: ` + condition + `}]}}`
}

// tests is a ruleset with these tests.
func tests(list string) string { return `{spec: {tests: [` + list + `]}}` }

// split writes a split of shares such as a=70 b=30.
func split(shares string) string {
	var targets []string
	for share := range strings.FieldsSeq(shares) {
		queue, percent, _ := strings.Cut(share, "=")
		targets = append(targets, `{queueRef: {name: `+queue+`}, percent: `+percent+`}`)
	}
	return `split: [` + strings.Join(targets, ", ") + `]`
}

var channelCases = []testCase{
	{
		kind: v1alpha1.KindChannel, refused: `{spec: {custom: null}}`, allowed: `{}`,
		message: "spec.custom is required when spec.type is Custom",
	},
	{
		kind: v1alpha1.KindChannel, refused: `{spec: {custom: {callbackURL: "ftp://contoso.com/x"}}}`,
		allowed: `{spec: {custom: {callbackURL: "http://10.0.0.1:8088/callback"}}}`,
		message: "spec.custom.callbackURL must be an http or https URL with a host",
	},
	{
		kind: v1alpha1.KindChannel, refused: `{spec: {custom: {callbackURL: "contoso.com/x"}}}`,
		allowed: `{spec: {custom: {callbackURL: "https://contoso.com/x?y=z"}}}`,
		message: "spec.custom.callbackURL must be an http or https URL with a host",
	},
	{
		kind: v1alpha1.KindChannel, refused: `{metadata: {name: www.contoso.com}}`,
		allowed: `{metadata: {name: www.contoso.com}, spec: {custom: {address: contoso-web}}}`,
		message: "spec.custom.address is required when metadata.name is no DNS label: it has a dot or more than 63 characters",
	},
}

var rulesetCases = []testCase{
	{
		kind: v1alpha1.KindRoutingRuleset, refused: route(""), allowed: `{}`,
		message: "one of spec.rules[].route.queueRef and split is required",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: route("queueRef: {name: a}, " + split("a=50 b=50")),
		allowed: route(split("a=50 b=50")),
		message: "only one of spec.rules[].route.queueRef and split may be set",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: route(split("a=70 b=20")),
		allowed: route(split("a=70 b=30")),
		message: "spec.rules[].route.split: the percentages must add up to 100",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: route(split("a=70 a=30")),
		allowed: route(split("a=1 b=99")),
		message: "spec.rules[].route.split: each Queue may be named only once",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{attribute: a, operator: Exists, not: {attribute: b, operator: Exists}}`),
		allowed: when(`{not: {attribute: b, operator: Exists}}`),
		message: "spec.rules[].when: exactly one of all, any, not and attribute must be set",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{attribute: a}`),
		allowed: when(`{attribute: a, operator: Exists}`),
		message: "spec.rules[].when: attribute and operator go together",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{any: [{attribute: a, operator: Exists}], values: [b]}`),
		allowed: when(`{any: [{attribute: a, operator: Equal, values: [b]}]}`),
		message: "spec.rules[].when: values, caseSensitive, timeZone and operatingHoursRef go with attribute",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{all: [{}]}`),
		allowed: when(`{all: [{any: [{attribute: a, operator: Exists}]}]}`),
		message: "spec.rules[].when, in a group: exactly one of all, any, not and attribute must be set",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{any: [{attribute: a}]}`),
		allowed: when(`{any: [{attribute: a, operator: NotExists}]}`),
		message: "spec.rules[].when, in a group: attribute and operator go together",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{all: [{attribute: a, operator: Exists}], timeZone: Europe/Berlin}`),
		allowed: when(`{all: [{attribute: a, operator: Before, values: ["15:00"], timeZone: Europe/Berlin}]}`),
		message: "spec.rules[].when: values, caseSensitive, timeZone and operatingHoursRef go with attribute",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{any: [{all: [{attribute: a, operator: Exists}], operatingHoursRef: {name: office}}]}`),
		allowed: when(`{any: [{all: [{attribute: a, operator: Within, operatingHoursRef: {name: office}}]}]}`),
		message: "spec.rules[].when, in a group: values, caseSensitive, timeZone and operatingHoursRef go with attribute",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: when(`{not: {all: [{attribute: a, operator: Exists}], caseSensitive: Enabled}}`),
		allowed: when(`{not: {attribute: a, operator: Equal, values: [b], caseSensitive: Enabled}}`),
		message: "spec.rules[].when, in a group: values, caseSensitive, timeZone and operatingHoursRef go with attribute",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {rules: [{name: all}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all}]}}`,
		message: "spec.rules[].route is required when spec.type is RouteToQueue",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {type: Classification}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all, set: {priority: 1}}]}}`,
		message: "spec.rules[].route must not be set when spec.type is Classification",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {rules: [{name: all, route: {queueRef: {name: a}}, set: {priority: 1}}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all, set: {priority: 1}}]}}`,
		message: "spec.rules[].set, skills and capacityProfiles must not be set when spec.type is RouteToQueue",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {rules: [{name: all, route: {queueRef: {name: a}}, skills: [{name: french}]}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all, skills: [{name: french}]}]}}`,
		message: "spec.rules[].set, skills and capacityProfiles must not be set when spec.type is RouteToQueue",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, refused: `{spec: {rules: [{name: all, route: {queueRef: {name: a}}, capacityProfiles: [{name: chats}]}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all, capacityProfiles: [{name: chats}]}]}}`,
		message: "spec.rules[].set, skills and capacityProfiles must not be set when spec.type is RouteToQueue",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: tests(`{name: a, expect: {rule: all, match: None}}`),
		allowed: tests(`{name: a, expect: {match: None}}`),
		message: "only one of spec.tests[].expect.rule and match may be set",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: tests(`{name: a, expect: {queue: general, match: None}}`),
		allowed: tests(`{name: a, expect: {queue: general, rule: all}}`),
		message: "spec.tests[].expect: what no rule matches gets nothing, so match stands alone",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: `{spec: {type: Classification, rules: [{name: all}], tests: [{name: a, expect: {queue: general}}]}}`,
		allowed: `{spec: {type: Classification, rules: [{name: all}], tests: [{name: a, expect: {priority: 1}}]}}`,
		message: "spec.tests[].expect.queue must not be set when spec.type is Classification",
	},
	{
		kind:    v1alpha1.KindRoutingRuleset,
		refused: tests(`{name: a, expect: {rule: all, skills: [{name: french}]}}`),
		allowed: tests(`{name: a, expect: {rule: all}}`),
		message: "spec.tests[].expect.priority, attributes, skills and capacityProfiles must not be set when spec.type is RouteToQueue",
	},
	{
		kind: v1alpha1.KindRoutingRuleset, from: stored, refused: `{spec: {type: Classification, rules: [{name: all, route: null}]}}`,
		allowed: `{spec: {rules: [{name: all, route: {queueRef: {name: a}}}]}}`,
		message: "spec.type is immutable: create another RoutingRuleset",
	},
}

var otherCases = []testCase{
	{
		kind: v1alpha1.KindQueue, from: stored, refused: `{spec: {type: Record}}`, allowed: `{spec: {priority: 1}}`,
		message: "spec.type is immutable: create another Queue",
	},
	{
		kind: v1alpha1.KindDistributor, from: stored, refused: `{spec: {storage: {embedded: {size: 20Gi}}}}`,
		allowed: `{spec: {storage: {embedded: {size: 10Gi}}}}`, // the default
		message: "spec.storage is immutable: the volume exists already",
	},
	{
		kind: v1alpha1.KindDistributor, from: `{spec: {storage: {embedded: {size: 20Gi}}}}`, refused: `{spec: {storage: null}}`,
		allowed: `{spec: {auth: {jwt: []}}}`,
		message: "spec.storage is immutable: the volume exists already",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {storage: {embedded: {size: 63Mi}}}}`,
		allowed: `{spec: {storage: {embedded: {size: 64Mi, storageClassName: fast}}}}`,
		message: "spec.storage.embedded.size must be at least 64Mi",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {auth: {jwt: [{issuer: a, audiences: [b]}]}}}`,
		allowed: `{spec: {auth: {jwt: [{issuer: a, audiences: [b], jwksURL: "https://contoso.com/keys"}]}}}`,
		message: "one of spec.auth.jwt[].jwksURL and jwksSecretRef is required",
	},
	{
		kind:    v1alpha1.KindDistributor,
		refused: `{spec: {auth: {jwt: [{issuer: a, audiences: [b], jwksURL: "https://contoso.com/keys", jwksSecretRef: {name: keys}}]}}}`,
		allowed: `{spec: {auth: {jwt: [{issuer: a, audiences: [b], jwksSecretRef: {name: keys}}]}}}`,
		message: "only one of spec.auth.jwt[].jwksURL and jwksSecretRef may be set",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {auth: {jwt: [{issuer: a, audiences: [b], jwksURL: "http://contoso.com/keys"}]}}}`,
		allowed: `{spec: {auth: {jwt: [{issuer: a, audiences: [b], jwksURL: "https://contoso.com:8443/keys"}]}}}`,
		message: "spec.auth.jwt[].jwksURL must be an https URL with a host",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{metadata: {name: main.contoso}}`, allowed: `{metadata: {name: main-contoso}}`,
		message: distributorName,
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{metadata: {name: a123456789-123456789-123456789-123456789-1}}`,
		allowed: `{metadata: {name: a123456789-123456789-123456789-123456789}}`,
		message: distributorName,
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {type: Record, overflow: [{when: OutOfHours, action: End}]}}`,
		allowed: `{spec: {type: Record, overflow: [{when: OutOfHours, action: AssignAnyway}]}}`,
		message: "spec.overflow[].action must not be End when spec.type is Record: only conversations can be ended",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {promoteAfter: 0s}}`,
		allowed: `{spec: {promoteAfter: 1s}}`,
		message: "spec.promoteAfter must be from 1s to 720h",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: OutOfHours, action: End}, {when: OutOfHours, action: AssignAnyway}]}}`,
		allowed: `{spec: {overflow: [{when: ItemLimit, limit: 9, action: End}, {when: ItemLimit, limit: 5, action: AssignAnyway}]}}`,
		message: "spec.overflow: only one rule may have when OutOfHours",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: ItemLimit, action: End}]}}`,
		allowed: `{spec: {overflow: [{when: ItemLimit, limit: 1, action: End}]}}`,
		message: "spec.overflow[].limit is required when when is ItemLimit",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: OutOfHours, limit: 1, action: End}]}}`,
		allowed: `{spec: {overflow: [{when: OutOfHours, action: End}]}}`,
		message: "spec.overflow[].limit must not be set unless when is ItemLimit",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: WaitTime, action: End}]}}`,
		allowed: `{spec: {overflow: [{when: WaitTime, after: 1m, action: End}]}}`,
		message: "spec.overflow[].after is required when when is WaitTime",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: OutOfHours, after: 1m, action: End}]}}`,
		allowed: `{spec: {overflow: [{when: OutOfHours, action: End}]}}`,
		message: "spec.overflow[].after must not be set unless when is WaitTime",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: WaitTime, after: 1m, action: AssignAnyway}]}}`,
		allowed: `{spec: {overflow: [{when: WaitTime, after: 1m, action: End}]}}`,
		message: "spec.overflow[].action must not be AssignAnyway when when is WaitTime: the item is in the queue already",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: OutOfHours, action: TransferTo}]}}`,
		allowed: `{spec: {overflow: [{when: OutOfHours, action: TransferTo, queueRef: {name: other}}]}}`,
		message: "spec.overflow[].queueRef is required when action is TransferTo",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: OutOfHours, action: End, queueRef: {name: other}}]}}`,
		allowed: `{spec: {overflow: [{when: OutOfHours, action: End}]}}`,
		message: "spec.overflow[].queueRef must not be set unless action is TransferTo",
	},
	{
		kind: v1alpha1.KindQueue, refused: `{spec: {overflow: [{when: WaitTime, after: 721h, action: End}]}}`,
		allowed: `{spec: {overflow: [{when: WaitTime, after: 720h, action: End}]}}`,
		message: "spec.overflow[].after must be from 1s to 720h",
	},
	{
		kind: v1alpha1.KindCapacityProfile, from: stored, refused: `{spec: {reset: EndOfDay}}`,
		allowed: `{spec: {limit: 4, reset: Immediate}}`,
		message: "spec.reset is immutable: create another CapacityProfile",
	},
	{
		kind: v1alpha1.KindAgent, refused: `{spec: {capacity: {units: null}}}`,
		allowed: `{spec: {capacity: {units: null, profiles: [{name: chats}]}}}`,
		message: "at least one of spec.capacity.units and profiles is required",
	},
	{
		kind: v1alpha1.KindDistributor, refused: `{spec: {presences: [{name: Inactive, base: Away}]}}`,
		allowed: `{spec: {presences: [{name: Lunch, base: Away}]}}`,
		message: "spec.presences[].name must not be Available, Busy, DoNotDisturb, Away, Offline or Inactive: these exist already",
	},
}
