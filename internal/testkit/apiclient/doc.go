// SPDX-License-Identifier: Apache-2.0

// Package apiclient speaks a distributor's HTTP API as channels, business systems, agents and supervisors do, for the
// demo and the suites that run against a deployment.
package apiclient
