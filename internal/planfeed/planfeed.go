// SPDX-License-Identifier: Apache-2.0

package planfeed

import "time"

const (
	// MaxPlan bounds the encoding of one plan. Tens of thousands of objects fit into a part of it.
	MaxPlan = 64<<20 - 1024 // the rest of a 64 MiB message is its envelope

	// A silent peer is probed after keepaliveTime and given up keepaliveTimeout later, so that a replica whose node is
	// gone stops counting after 15 s.
	keepaliveTime    = 10 * time.Second
	keepaliveTimeout = 5 * time.Second

	maxMessage = 64 << 20
	// maxRefused bounds a reason, which ends up in an object's status.
	maxRefused = 1024
)

// Ack is what a replica says of a plan.
type Ack struct {
	// Refused is why the replica does not run the plan; empty: it does.
	Refused string
	// MissingCredentials are the credentials that the plan names and that are not mounted yet, sorted.
	MissingCredentials []string
}
