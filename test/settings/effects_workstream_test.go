// SPDX-License-Identifier: Apache-2.0

package settings

// workstreamEffects are those of the fields of a Workstream.
var workstreamEffects = map[string]effect{
	"Workstream workDistribution.mode": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {mode: VALUE}}`,
		story: `connect ann
message c1
pick ann i1`,
		says: map[string]string{"Push": "! ItemNotPickable", "Pick": "how=Pick"},
	},
	"Workstream workDistribution.pickFromPush": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {pickFromPush: VALUE}}`,
		story: `connect ann
presence ann Away
message c1
pick ann i1`,
		says: map[string]string{"Enabled": "how=Pick", "Disabled": "! ItemNotPickable", "": "! ItemNotPickable"},
	},
	"Workstream workDistribution.capacity.units": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {capacity: {units: VALUE}}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"30": " units=30 ", "60": " units=60 "},
	},
	"Workstream workDistribution.capacity.profileRef.name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {capacity: {units: null, profileRef: {name: VALUE}}}}
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
spec: {capacity: {profiles: [{name: slots}, {name: desks}]}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"slots": "profiles=(slots)", "desks": "profiles=(desks)"},
	},
	"Workstream workDistribution.allowedPresences": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {allowedPresences: VALUE}}`,
		story: `connect ann
presence ann Away
message c1`,
		says: map[string]string{"[Available, Away]": "OfferMade", "": "PresenceNotAllowed Away"},
	},
	"Workstream workDistribution.skillMatching": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {skillMatching: VALUE}, routing: {classification: [{name: needs}]}}
---
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, skills: [{name: french}]}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"Exact": "SkillMissing", "None": "OfferMade"},
	},
	"Workstream workDistribution.agentAffinity.mode": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {agentAffinity: {mode: VALUE}}}
---
kind: Agent
metadata: {name: bob}
spec: {subject: bob, capacity: {units: 300}, queueRefs: [{name: general}]}`,
		story: `connect ann
message c1
accept ann i1-o1
close ann i1
connect bob
message c1`,
		says: map[string]string{"Enabled": "via=Affinity", "Disabled": "most free capacity"},
	},
	"Workstream workDistribution.agentAffinity.respect": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {agentAffinity: {respect: VALUE}}}`,
		story: `connect ann
message c1
accept ann i1-o1
close ann i1
presence ann Away
message c1`,
		says: map[string]string{"[Presence]": "PresenceNotAllowed Away", "": "via=Affinity"},
	},
	"Workstream workDistribution.offer.presentation": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {offer: {presentation: VALUE}}}`,
		story: `connect ann
message c1
decline ann i1-o1`,
		says: map[string]string{"Prompt": "i1 ann Declined", "PromptNoDecline": "! DeclineNotAllowed", "AutoAccept": "how=AutoAccept"},
	},
	"Workstream workDistribution.offer.timeout": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {offer: {timeout: VALUE}}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"60s": "expires=+1m0s", "90s": "expires=+1m30s", "": "expires=+2m0s"},
	},
	"Workstream workDistribution.offer.reofferAfter": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {offer: {reofferAfter: VALUE}}}`,
		story: `connect ann
message c1
decline ann i1-o1`,
		says: map[string]string{"60s": "CoolingOff for 60 s", "300s": "CoolingOff for 300 s", "": "CoolingOff for 120 s"},
	},
	"Workstream workDistribution.offer.maxDeclines": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {offer: {maxDeclines: VALUE}}}`,
		story: `connect ann
message c1
decline ann i1-o1
advance 2m
decline ann i1-o2
advance 2m
decline ann i1-o3`,
		says: map[string]string{"1": "declines 1, limit 1", "2": "declines 2, limit 2", "": "declines 3, limit 3"},
	},
	"Workstream workDistribution.wrapUp.blockCapacity": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {wrapUp: {blockCapacity: VALUE}}}`,
		story: `connect ann
message c1
accept ann i1-o1
end ann i1
advance 1m
close ann i1`,
		says: map[string]string{"Always": "ItemClosed i1 ann reason=ConversationEndedByAgent\n13 PresenceChanged ann Available", "Never": "released=true"},
	},
	"Workstream workDistribution.wrapUp.for": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {wrapUp: {blockCapacity: Custom, for: VALUE}}}`,
		story: `connect ann
message c1
accept ann i1-o1
end ann i1`,
		says: map[string]string{"5m": "blockedUntil=+5m0s", "10m": "blockedUntil=+10m0s"},
	},
	"Workstream workDistribution.autoCloseAfterInactivity": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {autoCloseAfterInactivity: VALUE}}`,
		story: `connect ann
message c1
accept ann i1-o1
close ann i1
wake`,
		says: map[string]string{"1h": "> wake\n+1h0m0s", "2h": "> wake\n+2h0m0s", "": "> wake\n+8h0m0s"},
	},
	"Workstream workDistribution.followUpAfter": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {autoCloseAfterInactivity: 8h, followUpAfter: VALUE}}`,
		story: `connect ann
message c1
accept ann i1-o1
close ann i1
disconnect ann
advance 9h`,
		says: map[string]string{"2h": "ItemResumed i1 reason=FollowUpDue", "": "ItemClosed i1 reason=AutoClosedFromWaitingState"},
	},
	"Workstream workDistribution.reconnectGrace": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {workDistribution: {reconnectGrace: VALUE}}`,
		story: `connect ann
message c1
accept ann i1-o1
disconnect ann
wake`,
		says: map[string]string{"5s": "> wake\n+5s", "1h": "> wake\n+1h0m0s"},
	},
	"Workstream routing.classification[].name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {classification: [{name: VALUE}]}}
---
kind: RoutingRuleset
metadata: {name: one}
spec: {type: Classification, rules: [{name: all, set: {priority: 1}}]}
---
kind: RoutingRuleset
metadata: {name: two}
spec: {type: Classification, rules: [{name: all, set: {priority: 2}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"one": " priority=1\n", "two": " priority=2\n"},
	},
	"Workstream routing.routeToQueue.name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: VALUE}}}
---
kind: RoutingRuleset
metadata: {name: one}
spec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: second}}}]}
---
kind: RoutingRuleset
metadata: {name: two}
spec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: general}}}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"one": "queue=second", "two": "queue=general"},
	},
	"Workstream routing.fallbackQueueRef.name": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {fallbackQueueRef: {name: VALUE}}}`,
		story: `connect ann
message c1`,
		says: map[string]string{"second": "queue=second", "general": "queue=general"},
	},
	"Workstream type": {
		manifests: `kind: Workstream
metadata: {name: cases}
spec: {type: VALUE}`,
		story: "record r1 workstream=cases",
		says: map[string]string{
			"Record": "ItemOpened i1 Record",
			"Messaging, channelType: Custom, record: null, routing: {fallbackQueueRef: {name: general}}": "! NotARecordWorkstream",
		},
	},
	"Workstream channelType": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {channelType: VALUE}`,
		story: `connect ann
message c1`,
		says: map[string]string{"Custom": "ItemOpened i1 Messaging", "": "spec.channelType is required when spec.type is Messaging"},
	},
}
