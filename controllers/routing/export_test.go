// SPDX-License-Identifier: Apache-2.0

package routing

import "time"

// Grace is how long a namespace has no Distributor before the default one is made.
const Grace = distributorGrace

// SetClock has the Reconciler take the time from a test. It comes before the Reconciler is registered.
func (r *Reconciler) SetClock(now func() time.Time) { r.now = now }
