// SPDX-License-Identifier: Apache-2.0

package engine

// Percentile is where an item of that id stands in the splits of rules, 0-99: for whoever asks what would become of one.
func Percentile(item string) int32 { return percentile(item) }
