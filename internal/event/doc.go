// SPDX-License-Identifier: Apache-2.0

// Package event is the vocabulary of the engine and its journal: commands go in, events are what happened, deliveries
// are what must be done outside. Events are only ever added, never edited: journals are kept for years.
package event
