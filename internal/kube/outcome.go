// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"time"
)

// Wait is an error that is no fault of ours: somebody else must make or change something, and nothing tells us when. It is
// shown in a condition. Any other error is tried again at once, then at growing intervals.
type Wait struct {
	// After is when to look again.
	After time.Duration
	Err   error
}

// Error implements error.
func (e *Wait) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Wait) Unwrap() error { return e.Err }

// AsWait returns the Wait in err's chain, or nil.
func AsWait(err error) *Wait {
	w, _ := errors.AsType[*Wait](err)
	return w
}
