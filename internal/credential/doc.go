// SPDX-License-Identifier: Apache-2.0

// Package credential reads the secrets that are mounted into a distributor, as they are at the moment.
package credential
