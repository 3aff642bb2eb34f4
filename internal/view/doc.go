// SPDX-License-Identifier: Apache-2.0

// Package view is the read model of one namespace, folded from durable events: what queries and agents' streams show.
package view
