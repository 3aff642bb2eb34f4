// SPDX-License-Identifier: Apache-2.0

// Package natsd runs a NATS server with JetStream inside the process, on one directory, reachable by nobody else.
package natsd
