// SPDX-License-Identifier: Apache-2.0

// Package journaltest is the behaviour that every implementation of a journal must have.
package journaltest
