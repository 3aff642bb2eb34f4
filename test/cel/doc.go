// SPDX-License-Identifier: Apache-2.0

// Package cel proves what the API refuses: each validation rule of the CRDs with an object that it refuses and one that it
// allows, against a real API server.
package cel
