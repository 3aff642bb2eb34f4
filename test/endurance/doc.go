// SPDX-License-Identifier: Apache-2.0

// Package endurance lets a contact centre of 500 agents work for 1,000 hours of virtual time, and does the books: everything
// that came in must have gone out.
//
// Its people do what people do: they come and go by shifts, decline, let offers expire, lose their connection, take the
// wrong conversation and pass it on; customers lose patience, leave, come back. The supervisor moves things about, the
// plan is edited every day and the process is restarted now and then. The books are kept from the events alone, with none
// of the engine's code.
package endurance
