// SPDX-License-Identifier: Apache-2.0

// Package centre runs the engine as a contact centre in virtual time: conversations arrive, agents serve them, customers
// lose patience, and what comes out is compared with queueing theory where that has an answer.
//
//	Config -> plan -> engine <- arrivals, answers, ends, departures      each replication with a seed of its own
//	                    |
//	                    +-> events -> batches -> Report <- theory
//
// All times are in seconds, all rates per second. The engine does all that is decided: the simulator only plays customers
// and agents.
package centre
