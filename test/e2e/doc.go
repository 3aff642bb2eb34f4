// SPDX-License-Identifier: Apache-2.0

// Package e2e holds the flows that only a real cluster with real pods can show: installing, working, failing, coming back.
package e2e
