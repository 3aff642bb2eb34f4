// SPDX-License-Identifier: Apache-2.0

// Package journal is the port through which a distributor keeps all that must survive it.
package journal
