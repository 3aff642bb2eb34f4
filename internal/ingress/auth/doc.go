// SPDX-License-Identifier: Apache-2.0

// Package auth tells from a bearer token who calls and what they may do, by the issuers of the plan in force.
package auth
