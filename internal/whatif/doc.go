// SPDX-License-Identifier: Apache-2.0

// Package whatif says what would become of an item that could come: it runs the engine of the distributor on a plan, with
// agents and waiting items as they are described, in virtual time.
package whatif
