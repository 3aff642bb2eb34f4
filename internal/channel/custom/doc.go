// SPDX-License-Identifier: Apache-2.0

// Package custom is the channel of the user's own: Standard Webhooks (https://www.standardwebhooks.com) in both
// directions.
//
// The scheme is written out here, not imported: the reference library reads the clock itself, knows one secret at a
// time, and its errors do not say which header was wrong. Tests compare with it.
package custom
