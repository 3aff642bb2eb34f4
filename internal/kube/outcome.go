// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"time"
)

// Stalled is an error that only a change of an object can end. It is shown in a condition and not tried again.
type Stalled struct {
	// Reason is the condition's reason.
	Reason string
	Err    error
}

// Error implements error.
func (e *Stalled) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Stalled) Unwrap() error { return e.Err }

// Wait is an error that time ends: what is missing is being made by somebody else.
type Wait struct {
	// Reason is the condition's reason.
	Reason string
	// After is when to look again, if nothing reports before.
	After time.Duration
	Err   error
}

// Error implements error.
func (e *Wait) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Wait) Unwrap() error { return e.Err }

// AsStalled returns the Stalled in err's chain, or nil.
func AsStalled(err error) *Stalled {
	s, _ := errors.AsType[*Stalled](err)
	return s
}

// AsWait returns the Wait in err's chain, or nil.
func AsWait(err error) *Wait {
	w, _ := errors.AsType[*Wait](err)
	return w
}
