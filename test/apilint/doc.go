// SPDX-License-Identifier: Apache-2.0

// Package apilint checks the conventions of API types on their source.
package apilint
