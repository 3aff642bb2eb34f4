// SPDX-License-Identifier: Apache-2.0

// Package linear proves a running distributor linearizable: what concurrent clients are
// answered about an item must have an order in which one client at a time could have been answered so.
package linear
