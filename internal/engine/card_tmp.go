// SPDX-License-Identifier: Apache-2.0

// Lifecycle replaces this file: free, blockedBy, slots by its ledger, give by its own.
package engine

import (
	"strconv"

	"workstream.dev/operator/internal/event"
)

func (a *agent) free() int64        { return int64(a.units()) - a.used }
func (a *agent) blockedBy() string  { return "" }
func (a *agent) slots(string) int32 { return 0 }

func (e *Engine) give(it *item, a *agent, via event.Via, c event.Candidates) {
	e.emit(event.OfferMade{
		Offer: it.ID + "-o" + strconv.Itoa(it.Offers+1), Item: it.ID, Agent: a.Name, Queue: it.Queue,
		Expires: after(e.clock, it.ws.Offer.Timeout), Units: it.ws.Units, Candidates: c, Via: via, Profiles: it.profiles(),
	})
}
