// SPDX-License-Identifier: Apache-2.0

// Package rule is the condition language of routing rules: typed values, condition trees, their checks and evaluation.
package rule
