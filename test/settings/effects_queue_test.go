// SPDX-License-Identifier: Apache-2.0

package settings

// queueEffects are those of the fields of a Queue and of its OperatingHours.
var queueEffects = map[string]effect{
	"Queue type": {
		manifests: `kind: Queue
metadata: {name: general}
spec: {type: VALUE}`,
		story: `connect ann
message c1`,
		says: map[string]string{"Messaging": "OfferMade", "Record": "is of type Record, not Messaging"},
	},
	"Queue priority": {
		manifests: `kind: Workstream
metadata: {name: chat}
spec: {routing: {routeToQueue: {name: queues}}}
---
kind: RoutingRuleset
metadata: {name: queues}
spec: {type: RouteToQueue, rules: [{name: all, when: {attribute: context.tier, operator: Exists}, route: {queueRef: {name: second}}}]}
---
kind: Queue
metadata: {name: second}
spec: {priority: VALUE}
---
kind: Agent
metadata: {name: ann}
spec: {capacity: {units: 30}}`,
		story: `message c1
message c2 context.tier=gold
connect ann`,
		says: map[string]string{"1": "OfferMade i2-o1", "200": "OfferMade i1-o1"},
	},
	"Queue assignment.method": {
		manifests: `kind: Queue
metadata: {name: general}
spec: {assignment: {method: VALUE}}
---
kind: Agent
metadata: {name: bob}
spec: {subject: bob, capacity: {units: 300}, queueRefs: [{name: general}]}`,
		story: `connect ann
connect bob
message c1
accept ann i1-o1
end ann i1
close ann i1
message c2`,
		says: map[string]string{"HighestCapacity": "most free capacity", "RoundRobin": "longest since an assignment from this queue", "LeastActive": "longest since a release of capacity"},
	},
	"Queue promoteAfter": {
		manifests: `kind: Queue
metadata: {name: general}
spec: {promoteAfter: VALUE}`,
		story: `message c1
advance 2m`,
		says: map[string]string{"1m": "ItemPromoted i1", "": "= nothing"},
	},
	"Queue operatingHoursRef.name": {
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
spec: {operatingHoursRef: {name: VALUE}, overflow: [{when: OutOfHours, action: End}]}
---
kind: OperatingHours
metadata: {name: office}
spec: {timeZone: UTC, weekly: [{days: [Friday], from: "08:00", to: "17:00"}]}
---
kind: OperatingHours
metadata: {name: never}
spec: {timeZone: UTC}`,
		story: `connect ann
message c1`,
		says: map[string]string{"": "OfferMade", "office": "OfferMade", "never": "ClosedDueToOverflow"},
	},
	"Queue overflow[].when": {
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
spec: {operatingHoursRef: {name: never}, overflow: [{when: VALUE, action: End}]}
---
kind: OperatingHours
metadata: {name: never}
spec: {timeZone: UTC}`,
		story: `connect ann
message c1`,
		says: map[string]string{"OutOfHours": "ClosedDueToOverflow", "ItemLimit, limit: 1": "OfferMade"},
	},
	"Queue overflow[].limit": {
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
spec: {overflow: [{when: ItemLimit, limit: VALUE, action: End}]}`,
		story: `message c1
message c2
message c3`,
		says: map[string]string{"1": "ItemClosed i2", "2": "ItemQueued i2"},
	},
	"Queue overflow[].after": {
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
spec: {overflow: [{when: WaitTime, after: VALUE, action: End}]}`,
		story: `message c1
wake`,
		says: map[string]string{"1m": "> wake\n+1m0s", "5m": "> wake\n+5m0s"},
	},
	"Queue overflow[].action": {
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
spec: {overflow: [{when: ItemLimit, limit: 1, action: VALUE}]}`,
		story: `message c1
message c2`,
		says: map[string]string{"End": "ItemClosed i2", "AssignAnyway": "ItemQueued i2 queue=second", "TransferTo, queueRef: {name: general}": "ItemQueued i2 queue=general"},
	},
	"Queue overflow[].queueRef.name": {
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
spec: {overflow: [{when: ItemLimit, limit: 1, action: TransferTo, queueRef: {name: VALUE}}]}
---
kind: Queue
metadata: {name: third}
spec: {type: Messaging}`,
		story: `message c1
message c2`,
		says: map[string]string{"general": "ItemQueued i2 queue=general", "third": "ItemQueued i2 queue=third"},
	},
	"OperatingHours timeZone": {
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
spec: {timeZone: VALUE, weekly: [{days: [Friday], from: "08:00", to: "17:00"}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"Europe/Berlin": "OfferMade", "America/New_York": "ClosedDueToOverflow"},
	},
	"OperatingHours weekly[].days": {
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
spec: {timeZone: UTC, weekly: [{days: VALUE, from: "07:00", to: "17:00"}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{"[Friday]": "OfferMade", "[Monday]": "ClosedDueToOverflow"},
	},
	"OperatingHours weekly[].from": {
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
spec: {timeZone: UTC, weekly: [{days: [Friday], from: VALUE, to: "17:00"}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{`"07:00"`: `OfferMade`, `"09:00"`: `ClosedDueToOverflow`},
	},
	"OperatingHours weekly[].to": {
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
spec: {timeZone: UTC, weekly: [{days: [Friday], from: "06:00", to: VALUE}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{`"09:00"`: `OfferMade`, `"07:00"`: `ClosedDueToOverflow`},
	},
	"OperatingHours holidays[].date": {
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
spec: {timeZone: UTC, weekly: [{days: [Friday], from: "06:00", to: "17:00"}], holidays: [{date: VALUE}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{`"2027-01-16"`: `OfferMade`, `"2027-01-15"`: `ClosedDueToOverflow`},
	},
	"OperatingHours holidays[].open[].from": {
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
spec: {timeZone: UTC, holidays: [{date: "2027-01-15", open: [{from: VALUE, to: "17:00"}]}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{`"07:00"`: `OfferMade`, `"09:00"`: `ClosedDueToOverflow`},
	},
	"OperatingHours holidays[].open[].to": {
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
spec: {timeZone: UTC, holidays: [{date: "2027-01-15", open: [{from: "06:00", to: VALUE}]}]}`,
		story: `connect ann
message c1`,
		says: map[string]string{`"09:00"`: `OfferMade`, `"07:00"`: `ClosedDueToOverflow`},
	},
}
