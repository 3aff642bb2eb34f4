// SPDX-License-Identifier: Apache-2.0

// Package match decides which agent of a queue is offered an item, as a pure function of what is known of them.
package match
