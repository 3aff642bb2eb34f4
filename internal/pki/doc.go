// SPDX-License-Identifier: Apache-2.0

// Package pki makes the certificates that managers serve with, shares them in a Secret, and renews them in time.
package pki
