// SPDX-License-Identifier: Apache-2.0

// Package version holds the build stamp.
package version
