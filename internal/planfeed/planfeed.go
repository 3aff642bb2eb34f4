// SPDX-License-Identifier: Apache-2.0

package planfeed

import (
	"time"

	"workstream.dev/operator/internal/plan"
)

const (
	// MaxPlan bounds the encodings of one plan's parts together. Tens of thousands of objects fit into a part of it.
	MaxPlan = 64<<20 - 1024 // the rest of a 64 MiB message is its envelope

	// A silent peer is probed after keepaliveTime and given up keepaliveTimeout later, so that a replica whose node is
	// gone stops counting after 15 s.
	keepaliveTime    = 10 * time.Second
	keepaliveTimeout = 5 * time.Second

	maxMessage = 64 << 20
	// fullMessage is from what size parts go on in another message.
	fullMessage = 1 << 20
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

// Plan is what is published: one that was encoded, and does not change any more.
type Plan interface {
	// Version is that of the manifest, which lists the parts.
	Version() string
	Manifest() []byte
	Parts() []plan.PartID
	// Part is the encoding of one of them.
	Part(id plan.PartID) ([]byte, error)
	// Size is what all parts have together, in bytes.
	Size() int
}

// Update is a plan as a replica gets it.
type Update struct {
	Version  string
	Manifest []byte
	// Parts are the encodings of those that the plan which runs does not have.
	Parts map[plan.PartID][]byte
}
