// SPDX-License-Identifier: Apache-2.0

// Package graph draws the plan of a namespace: what comes in, the rules, the queues and who serves them, as SVG, Mermaid
// or DOT. Equal plans give equal bytes.
package graph
