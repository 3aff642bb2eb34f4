// SPDX-License-Identifier: Apache-2.0

// Package docs compares what the documents say with what the code does.
package docs
