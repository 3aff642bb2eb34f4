// SPDX-License-Identifier: Apache-2.0

package engine

import "workstream.dev/operator/internal/event"

// Corruptions break one thing each in a state that has: i1 Active with ann, i2 offered to ann, i3 and i4 waiting for
// bob, who is not connected, i5 in wrap-up with ann, i6 Waiting with a slot that ann keeps, a record i7 waiting; cid is
// asked to join i1. The key begins with what CheckInvariants must say.
var Corruptions = map[string]func(*Engine){
	"INV-1 is broken: item i1 is in 2 places": func(e *Engine) { e.items["i1"].Queued = true },
	"INV-1 is broken: item i6 is in 0 places": func(e *Engine) { e.items["i6"].State = event.Open },
	"INV-1 is broken: item i2 is Active with": func(e *Engine) { e.items["i2"].State = event.Active },
	"INV-1 is broken: item i3 is queued true": func(e *Engine) { e.items["i3"].line = nil },

	`INV-1 is broken: item i1 is Active with agent "ann", and agent bob transfers`: func(e *Engine) {
		e.items["i1"].Offer = &offer{ID: "i1-o9", Agent: "cid", From: "bob"}
	},

	"INV-2 is broken: offer i1-o1 of item i2":             func(e *Engine) { e.items["i2"].Offer.ID = "i1-o1" },
	"INV-2 is broken: offer i2-o1 is made to agent ann, ": func(e *Engine) { e.agents["ann"].Connected = false },
	"INV-2 is broken: offer i2-o1 is not in the ledger":   func(e *Engine) { e.agents["ann"].entry("i2").Why = holdsActive },
	"INV-2 is broken: agent ann uses 91 units":            func(e *Engine) { e.agents["ann"].used++ },
	"INV-2 is broken: agent ann holds -1 units": func(e *Engine) {
		e.agents["ann"].entry("i1").Units = -1
	},
	"INV-2 is broken: agent ann holds item i1 as Block": func(e *Engine) { e.agents["ann"].entry("i1").Why = holdsBlock },
	"INV-2 is broken: the ledger of agent ann is not": func(e *Engine) {
		l := e.agents["ann"].Ledger
		l[2], l[3] = l[3], l[2]
	},
	"INV-2 is broken: agent ann is Away  and should be Busy": func(e *Engine) { e.agents["ann"].Presence = "Away" },
	"INV-2 is broken: agent bob is known and not in the":     func(e *Engine) { e.agents["bob"].def = nil },

	"INV-2 is broken: agent ann uses 5 slots of profile calls":  func(e *Engine) { e.agents["ann"].counts[0].used++ },
	"INV-2 is broken: agent ann uses slots that are not count":  func(e *Engine) { e.agents["ann"].counts = nil },
	"INV-2 is broken: agent ann holds item i6 as Slot":          func(e *Engine) { e.agents["ann"].entry("i6").Profiles = []string{"calls"} },
	"INV-2 is broken: agent ann keeps [calls] of item i6 unti":  func(e *Engine) { e.agents["ann"].entry("i6").KeptUntil = 0 },
	"INV-2 is broken: agent ann keeps slots until ":             func(e *Engine) { e.timers.remove(&e.agents["ann"].day) },
	"INV-2 is broken: agent ann is missed since 1 by item i1":   func(e *Engine) { e.agents["ann"].entry("i1").Lost = 1 },
	"INV-2 is broken: agent cid is consulted on item i6, which": func(e *Engine) { e.items["i6"].Consults = e.items["i1"].Consults },
	"INV-2 is broken: agent cid is consulted on item i1 and i":  func(e *Engine) { e.agents["cid"].Connected = false },
	"INV-2 is broken: agent cid is consulted twice on item i1": func(e *Engine) {
		it := e.items["i1"]
		it.Consults = append(it.Consults, &consult{ID: "i1-c2", Agent: "cid"})
	},
	"INV-2 is broken: consultation i1-c1 cannot be found":      func(e *Engine) { delete(e.consults, "i1-c1") },
	"INV-2 is broken: consultation i1-c1 is joined true":       func(e *Engine) { e.items["i1"].Consults[0].Joined = true },
	"INV-2 is broken: 1 consultations are live, 2 known and 1": func(e *Engine) { e.consults["x"] = e.items["i1"] },
	"INV-2 is broken: item i1 has 6 consultations": func(e *Engine) {
		it := e.items["i1"]
		it.Consults = append(it.Consults, make([]*consult, 5)...)
	},

	"INV-3 is broken: 0 agents hold something for item i5": func(e *Engine) {
		a := e.agents["ann"]
		i, _ := a.find("i5")
		a.add(a.Ledger[i], -1)
		a.Ledger = append(a.Ledger[:i:i], a.Ledger[i+1:]...)
	},

	"INV-4 is broken: item i3 waits in queue other and agent bob": func(e *Engine) {
		b := e.agents["bob"]
		b.Connected, b.Presence = true, "Available"
		b.fill()
	},
	"INV-4 is broken: agent bob is not as decisions know": func(e *Engine) { e.agents["bob"].card.Free++ },

	"INV-5 is broken: item i4 is in a place":         func(e *Engine) { e.items["i4"].Since-- },
	"INV-5 is broken: item i3 is in a line of queue": func(e *Engine) { e.items["i3"].Queue = "cases" },
	"INV-5 is broken: item i3 is in a line of anoth": func(e *Engine) {
		w := *e.items["i3"].ws
		w.Units++
		e.items["i3"].ws = &w
	},
	"INV-5 is broken: queue other counts 3 waiting, and 2 do":       func(e *Engine) { e.queues["other"].waiting++ },
	"INV-5 is broken: a line of queue other does not stand where":   func(e *Engine) { e.items["i3"].line.first = e.items["i4"] },
	"INV-6 is broken: item i3 is promoted at 0 and overflows at 0,": func(e *Engine) { e.setTimer(e.items["i3"], &e.items["i3"].promoting, promoteTimer, endOfDays) },
	"INV-4 is broken: agent ann is not as queue general tells":      func(e *Engine) { e.queues["general"].states[0]++ },
	"INV-5 is broken: 1 more items stand in lines":                  func(e *Engine) { delete(e.items, "i4") },

	"INV-6 is broken: record r7 of workstream cases":        func(e *Engine) { e.records = nil },
	"INV-6 is broken: conversation c1 of item i1":           func(e *Engine) { delete(e.conversations, e.items["i1"].conversationKey()) },
	"INV-6 is broken: item i1 closes at":                    func(e *Engine) { e.timers.remove(&e.items["i1"].closing) },
	"INV-6 is broken: item i6 closes at":                    func(e *Engine) { e.items["i6"].Touched++ },
	"INV-6 is broken: item i1 is looked after at 0":         func(e *Engine) { e.setTimer(e.items["i1"], &e.items["i1"].following, followTimer, 5) },
	"INV-6 is broken: item i1 leaves its agent at 0":        func(e *Engine) { e.setTimer(e.items["i1"], &e.items["i1"].returning, returnTimer, 5) },
	"INV-6 is broken: item i1 loses its customer at 7":      func(e *Engine) { e.items["i1"].Leaves = 7 },
	"INV-6 is broken: item i6 is Waiting and expects its c": func(e *Engine) { e.expectCustomer(e.items["i6"], 7) },
	"INV-6 is broken: offer i2-o1 has no timer":             func(e *Engine) { e.timers.remove(&e.items["i2"].Offer.expiry) },
	"INV-6 is broken: a timer was due at": func(e *Engine) {
		e.clock = e.items["i2"].Offer.Expires
	},

	"INV-7 is broken: 7 items have 6 images":                func(e *Engine) { e.images.slots = e.images.slots[:6] },
	"INV-7 is broken: the image of item i1 will not be wri": func(e *Engine) { e.images.stale = nil },
	"INV-7 is broken: item i1 changed and its image was no": func(e *Engine) { e.refresh(); e.items["i1"].Position++ },
}
