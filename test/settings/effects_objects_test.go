// SPDX-License-Identifier: Apache-2.0

package settings

// objectEffects are those of the fields of all kinds that have no file of their own.
var objectEffects = map[string]effect{
	"Agent displayName": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {displayName: VALUE}`,
		story: `connect ann
message c1
accept ann i1-o1
send ann i1`,
		says: map[string]string{`Ann Smith`: `c1 Ann Smith: "hi"`, ``: `c1 ann: "hi"`},
	},
	"Agent roles": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {roles: VALUE}`,
		story: `connect ann
message c1`,
		says: map[string]string{"[Agent]": "OfferMade", "[Supervisor]": "eligible=0"},
	},
	"Agent capacity.units": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {capacity: {units: VALUE, profiles: [{name: slots}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}`,
		story: `connect ann
message c1
message c2`,
		says: map[string]string{"30": "AssignmentDeferred i2", "60": "OfferMade i2-o1"},
	},
	"Agent capacity.profiles[].name": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {capacity: {profiles: [{name: VALUE}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1}
---
kind: CapacityProfile
metadata: {name: desks}
spec: {limit: 1}
---
kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {capacity: {units: null, profileRef: {name: slots}}}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"slots": "OfferMade", "desks": "NoSlot"},
	},
	"Agent capacity.profiles[].limit": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {capacity: {profiles: [{name: slots, limit: VALUE}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 2}
---
kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {capacity: {units: null, profileRef: {name: slots}}, allowedPresences: [Available, Busy, DoNotDisturb]}}`,
		story: `connect ann
message c1
message c2`,
		says: map[string]string{"1": "AssignmentDeferred i2", "3": "OfferMade i2-o1", "": "OfferMade i2-o1"},
	},
	"Agent skills[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, skills: [{name: french}]}]}
---
kind: Agent
metadata: {name: ann}
spec: {skills: [{name: VALUE}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"french": "OfferMade", "german": "SkillMissing"},
	},
	"Agent skills[].rating": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, skills: [{name: french, rating: 3}]}]}
---
kind: Agent
metadata: {name: ann}
spec: {skills: [{name: french, rating: VALUE}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"3": "OfferMade", "": "eligible=0"},
	},
	"Agent queueRefs[].name": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {queueRefs: [{name: VALUE}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"general": "OfferMade", "second": "eligible=0"},
	},
	"Agent timeZone": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {timeZone: VALUE, capacity: {profiles: [{name: slots}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1, reset: EndOfDay}
---
kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {capacity: {units: null, profileRef: {name: slots}}, wrapUp: {blockCapacity: Never}}}`,
		story: `connect ann
message c1
accept ann i1-o1
end ann i1
close ann i1
wake`,
		says: map[string]string{"Europe/Berlin": "> wake\n+15h0m0s", "America/New_York": "> wake\n+21h0m0s", "": "> wake\n+16h0m0s"},
	},
	"CapacityProfile limit": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {capacity: {profiles: [{name: slots}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: VALUE}
---
kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {capacity: {units: null, profileRef: {name: slots}}, allowedPresences: [Available, Busy, DoNotDisturb]}}`,
		story: `connect ann
message c1
message c2`,
		says: map[string]string{"1": "AssignmentDeferred i2", "2": "OfferMade i2-o1"},
	},
	"CapacityProfile reset": {
		manifests: `kind: Agent
metadata: {name: ann}
spec: {capacity: {profiles: [{name: slots}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1, reset: VALUE}
---
kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {capacity: {units: null, profileRef: {name: slots}}, wrapUp: {blockCapacity: Never}}}`,
		story: `connect ann
message c1
accept ann i1-o1
end ann i1
close ann i1
message c2
advance 15h
advance 1h`,
		says: map[string]string{"EndOfDay": "SlotsReset ann", "Immediate": "OfferClosed i2-o1"},
	},
	"CapacityProfile assignmentBlocking": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, when: {attribute: context.tier, operator: Exists}, capacityProfiles: [{name: slots}]}]}
---
kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {allowedPresences: [Available, Busy, DoNotDisturb]}}
---
kind: Agent
metadata: {name: ann}
spec: {capacity: {profiles: [{name: slots}]}}
---
kind: CapacityProfile
metadata: {name: slots}
spec: {limit: 1, assignmentBlocking: VALUE}`,
		story: `connect ann
message c1 context.tier=gold
accept ann i1-o1
message c2`,
		says: map[string]string{"Enabled": "AssignmentDeferred i2", "Disabled": "OfferMade i2-o1"},
	},
	"Channel workstreamRef.name": {
		manifests: `kind: Channel
metadata: {name: web}
spec: {workstreamRef: {name: VALUE}}
---
kind: Workstream
metadata: {name: talk}
spec: {type: Messaging, channelType: Custom, workDistribution: {capacity: {units: 30}}, routing: {fallbackQueueRef: {name: second}}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"chat": "workstream=chat", "talk": "workstream=talk"},
	},
	"Channel custom.address": {
		manifests: `kind: Channel
metadata: {name: web}
spec: {custom: {address: VALUE}}
---
kind: Channel
metadata: {name: other}
spec: {workstreamRef: {name: chat}, type: Custom, custom: {address: shop, credentialsSecretRef: {name: web}}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"site": "OfferMade", "shop": "Conflict"},
	},
	"Channel custom.callbackURL": {
		manifests: `kind: Channel
metadata: {name: web}
spec: {custom: {callbackURL: VALUE}}`,
		story: `connect ann
message c1
accept ann i1-o1
send ann i1
deliveries`,
		says: map[string]string{"https://www.contoso.com/chat": "-> ", "": "> deliveries\nnone"},
	},
	"Channel custom.credentialsSecretRef.name": {
		manifests: `kind: Channel
metadata: {name: web}
spec: {custom: {credentialsSecretRef: {name: VALUE}}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"web": "OfferMade", "gone": "SecretNotFound"},
	},
	"ContextVariable name": {
		manifests: `kind: ContextVariable
metadata: {name: tier}
spec: {name: VALUE}
---
kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Exists}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"tier": "queue=second", "level": "no ContextVariable declares \"tier\""},
	},
	"ContextVariable type": {
		manifests: `kind: ContextVariable
metadata: {name: tier}
spec: {type: VALUE}
---
kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"Text": "queue=second", "Number": "is no number, and Equal needs one"},
	},
	"ContextVariable workstreamRef.name": {
		manifests: `kind: ContextVariable
metadata: {name: tier}
spec: {workstreamRef: {name: VALUE}}
---
kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Exists}, route: {queueRef: {name: second}}}]}`,
		story: "message c1 context.tier=gold",
		says:  map[string]string{"chat": "queue=second", "cases": "no ContextVariable declares \"tier\""},
	},
	"Distributor auth.jwt[].jwksSecretRef.name": {
		manifests: `kind: Distributor
metadata: {name: default}
spec: {auth: {jwt: [{issuer: "https://login.contoso.com", audiences: [workstream], jwksSecretRef: {name: VALUE}}]}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"keys": "OfferMade", "gone": `SecretNotFound: spec.auth.jwt[0](https://login.contoso.com).jwksSecretRef: there is no Secret "gone"`},
	},
	"Distributor auth.jwt[].jwksSecretRef.key": {
		manifests: `kind: Distributor
metadata: {name: default}
spec: {auth: {jwt: [{issuer: "https://login.contoso.com", audiences: [workstream], jwksSecretRef: {name: keys, key: VALUE}}]}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"": "OfferMade", "jwks.json": "OfferMade", "other.json": `other.json`},
	},
	"Distributor presences[].name": {
		manifests: `kind: Distributor
metadata: {name: default}
spec: {presences: [{name: VALUE, base: Away}]}`,
		story: `connect ann
presence ann Lunch`,
		says: map[string]string{"Lunch": "PresenceChanged ann Away", "Break": "! "},
	},
	"Distributor presences[].base": {
		manifests: `kind: Distributor
metadata: {name: default}
spec: {presences: [{name: Lunch, base: VALUE}]}`,
		story: `connect ann
presence ann Lunch
message c1`,
		says: map[string]string{"Away": "PresenceNotAllowed Away", "Busy": "OfferMade"},
	},
	"Distributor presenceRules.onMissedOffer": {
		manifests: `kind: Distributor
metadata: {name: default}
spec: {presenceRules: {onMissedOffer: VALUE}}`,
		story: `connect ann
message c1
advance 3m`,
		says: map[string]string{"Inactive": "Inactive", "None": "CoolingOff"},
	},
	"Distributor presenceRules.onDeclinedOffer": {
		manifests: `kind: Distributor
metadata: {name: default}
spec: {presenceRules: {onDeclinedOffer: VALUE}}`,
		story: `connect ann
message c1
decline ann i1-o1`,
		says: map[string]string{"DoNotDisturb": "DoNotDisturb", "None": "CoolingOff"},
	},
}
