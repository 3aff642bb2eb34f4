// SPDX-License-Identifier: Apache-2.0

// Package settings tests the whole way of each setting: YAML that the schema accepts, the plan that is compiled from it,
// and what a running distributor does with it over HTTP.
package settings
