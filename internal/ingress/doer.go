// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"workstream.dev/operator/internal/event"
)

// Doer carries commands out. It returns when what the command caused is on stable storage. A refusal is in the result;
// an error is one of those below, possibly wrapped, or that of the context.
type Doer interface {
	Do(ctx context.Context, cmd event.Command) (event.Result, error)
}

// Starter is a Doer for those who have more to do than to wait.
type Starter interface {
	// Start has a command carried out, and done called with what Do would return. done may be called before Start returns; it
	// must not block. It is not called when the process gives up.
	Start(cmd event.Command, done func(event.Result, error))
}

// The errors of a Doer. After every one of them but ErrUncertain nothing was done; all of them but ErrTooLarge may be
// tried again.
var (
	// ErrFull says that the journal has no room: nothing new is taken in until there is.
	ErrFull = errors.New("the journal is full")
	// ErrStopping says that the distributor is shutting down.
	ErrStopping = errors.New("the distributor is stopping")
	// ErrNotReady says that the distributor is recovering its state, or has no plan yet.
	ErrNotReady = errors.New("the distributor is not ready")
	// ErrBusy says that too many commands are waiting already.
	ErrBusy = errors.New("too many commands are waiting")
	// ErrUncertain says that it is not known whether the command was carried out. Commands with an intake key or an id
	// of the caller may be sent again safely: they are done once.
	ErrUncertain = errors.New("the outcome of the command is not known")
	// ErrTooLarge says that what the command causes is more than the journal takes at once.
	ErrTooLarge = errors.New("what it causes is too large for the journal")
)

// NewID returns an id for something that has none yet: a version 7 UUID, so that ids sort by the time they were made.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
