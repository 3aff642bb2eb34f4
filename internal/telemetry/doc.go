// SPDX-License-Identifier: Apache-2.0

// Package telemetry sets up what a process tells of itself: log lines, metrics.
package telemetry
