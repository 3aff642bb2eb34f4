// SPDX-License-Identifier: Apache-2.0

// Package distributor puts the data plane of one namespace together: a process that starts, serves, recovers, stops.
package distributor
