// SPDX-License-Identifier: Apache-2.0

// Package delivery tells the callbacks of channels what the engine decided to tell them, until they have taken it.
//
// Deliveries of one conversation go out one at a time, in order; one that fails holds up those behind it, for a customer
// must not read an answer before the one it follows. Conversations do not wait for each other. Nothing here is durable:
// the engine holds every delivery until it is confirmed, and hands all of them over again after a restart. So a delivery
// may go out twice, with the same id.
package delivery
