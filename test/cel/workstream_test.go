// SPDX-License-Identifier: Apache-2.0

package cel

import "workstream.dev/operator/api/v1alpha1"

var workstreamCases = []testCase{
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {channelType: null}}`, allowed: `{}`,
		message: "spec.channelType is required when spec.type is Messaging",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {type: Record, record: {type: case}}}`, allowed: record + `}}`,
		message: "spec.channelType must not be set when spec.type is Record",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {type: Record, channelType: null}}`, allowed: record + `}}`,
		message: "spec.record is required when spec.type is Record",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {record: {type: case}}}`, allowed: `{}`,
		message: "spec.record must not be set when spec.type is Messaging",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: record + `, workDistribution: {wrapUp: {}}}}`,
		allowed: `{spec: {workDistribution: {wrapUp: {}}}}`,
		message: "spec.workDistribution.wrapUp must not be set when spec.type is Record: records have no wrap-up",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: record + `, workDistribution: {autoCloseAfterInactivity: 8h}}}`,
		allowed: `{spec: {workDistribution: {autoCloseAfterInactivity: 8h}}}`,
		message: "spec.workDistribution.autoCloseAfterInactivity must not be set when spec.type is Record: records do not wait for a customer",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: record + `, agentExperience: {quickReplies: [{title: Hi, locale: en, message: Hello}]}}}`,
		allowed: `{spec: {agentExperience: {quickReplies: [{title: Hi, locale: en, message: Hello}, {title: Hi, locale: fr, message: Salut}]}}}`,
		message: "spec.agentExperience.quickReplies must not be set when spec.type is Record: records have no customer to write to",
	},
	{
		kind: v1alpha1.KindWorkstream, from: stored, refused: record + `}}`, allowed: `{spec: {displayName: Other}}`,
		message: "spec.type is immutable: create another Workstream",
	},
	{
		kind: v1alpha1.KindWorkstream, from: record + `}}`, refused: `{spec: {record: {type: order}}}`,
		allowed: `{spec: {displayName: Other}}`,
		message: "spec.record.type is immutable: create another Workstream",
	},
	{
		kind: v1alpha1.KindWorkstream, from: stored, refused: `{spec: {workDistribution: {mode: Pick}}}`,
		allowed: `{spec: {workDistribution: {mode: Push}}}`, // the default
		message: "spec.workDistribution.mode is immutable: create another Workstream",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {offer: {timeout: 4s999ms}}}}`,
		allowed: `{spec: {workDistribution: {offer: {timeout: 5s}}}}`,
		message: "spec.workDistribution.offer.timeout must be from 5s to 1h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {offer: {timeout: 1h1s}}}}`,
		allowed: `{spec: {workDistribution: {offer: {timeout: 60m}}}}`,
		message: "spec.workDistribution.offer.timeout must be from 5s to 1h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {offer: {reofferAfter: 25h}}}}`,
		allowed: `{spec: {workDistribution: {offer: {reofferAfter: 0s}}}}`,
		message: "spec.workDistribution.offer.reofferAfter must be at most 24h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {autoCloseAfterInactivity: 59s}}}`,
		allowed: `{spec: {workDistribution: {autoCloseAfterInactivity: 1m}}}`,
		message: "spec.workDistribution.autoCloseAfterInactivity must be from 1m to 720h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {autoCloseAfterInactivity: 721h}}}`,
		allowed: `{spec: {workDistribution: {autoCloseAfterInactivity: 720h}}}`,
		message: "spec.workDistribution.autoCloseAfterInactivity must be from 1m to 720h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {wrapUp: {blockCapacity: Custom}}}}`,
		allowed: `{spec: {workDistribution: {wrapUp: {blockCapacity: Custom, for: 15m}}}}`,
		message: "spec.workDistribution.wrapUp.for is required when blockCapacity is Custom",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {wrapUp: {for: 15m}}}}`, // Always is the default
		allowed: `{spec: {workDistribution: {wrapUp: {blockCapacity: Never}}}}`,
		message: "spec.workDistribution.wrapUp.for must not be set unless blockCapacity is Custom",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {wrapUp: {blockCapacity: Custom, for: 13h}}}}`,
		allowed: `{spec: {workDistribution: {wrapUp: {blockCapacity: Custom, for: 12h}}}}`,
		message: "spec.workDistribution.wrapUp.for must be from 1s to 12h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: record + `, workDistribution: {agentAffinity: {mode: Enabled}}}}`,
		allowed: `{spec: {workDistribution: {agentAffinity: {mode: Enabled}}}}`,
		message: "spec.workDistribution.agentAffinity must not be set when spec.type is Record: records do not come back",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: record + `, workDistribution: {followUpAfter: 1h}}}`,
		allowed: `{spec: {workDistribution: {followUpAfter: 1h}}}`,
		message: "spec.workDistribution.followUpAfter must not be set when spec.type is Record: records do not wait for a customer",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: record + `, workDistribution: {reconnectGrace: 1m}}}`,
		allowed: `{spec: {workDistribution: {reconnectGrace: 1m}}}`,
		message: "spec.workDistribution.reconnectGrace must not be set when spec.type is Record: records stay with their agent",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {mode: Pick, pickFromPush: Enabled}}}`,
		allowed: `{spec: {workDistribution: {pickFromPush: Enabled}}}`,
		message: "spec.workDistribution.pickFromPush must not be Enabled unless mode is Push: with Pick agents pick anyway",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {mode: Pick, agentAffinity: {mode: Disabled}}}}`,
		allowed: `{spec: {workDistribution: {agentAffinity: {mode: Disabled}}}}`,
		message: "spec.workDistribution.agentAffinity must not be set unless mode is Push: with Pick nobody is offered an item",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {followUpAfter: 8h}}}`,
		allowed: `{spec: {workDistribution: {followUpAfter: 7h59m}}}`,
		message: "spec.workDistribution.followUpAfter must be shorter than autoCloseAfterInactivity: the item is closed then",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {followUpAfter: 24h, autoCloseAfterInactivity: 24h}}}`,
		allowed: `{spec: {workDistribution: {followUpAfter: 24h, autoCloseAfterInactivity: 25h}}}`,
		message: "spec.workDistribution.followUpAfter must be shorter than autoCloseAfterInactivity: the item is closed then",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {followUpAfter: 59s}}}`,
		allowed: `{spec: {workDistribution: {followUpAfter: 1m}}}`,
		message: "spec.workDistribution.followUpAfter must be from 1m to 720h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {reconnectGrace: 4s}}}`,
		allowed: `{spec: {workDistribution: {reconnectGrace: 5s}}}`,
		message: "spec.workDistribution.reconnectGrace must be from 5s to 24h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {reconnectGrace: 25h}}}`,
		allowed: `{spec: {workDistribution: {reconnectGrace: 24h}}}`,
		message: "spec.workDistribution.reconnectGrace must be from 5s to 24h",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {agentAffinity: {mode: Disabled, respect: [Presence]}}}}`,
		allowed: `{spec: {workDistribution: {agentAffinity: {respect: [Presence, Capacity]}}}}`,
		message: "spec.workDistribution.agentAffinity.respect must not be set when mode is Disabled",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {capacity: {units: null}}}}`,
		allowed: `{spec: {workDistribution: {capacity: {units: null, profileRef: {name: chats}}}}}`,
		message: "one of spec.workDistribution.capacity.units and profileRef is required",
	},
	{
		kind: v1alpha1.KindWorkstream, refused: `{spec: {workDistribution: {capacity: {profileRef: {name: chats}}}}}`,
		allowed: `{spec: {workDistribution: {capacity: {units: 0}}}}`,
		message: "only one of spec.workDistribution.capacity.units and profileRef may be set",
	},
}
