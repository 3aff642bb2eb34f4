// SPDX-License-Identifier: Apache-2.0

// Package httpapi is the distributor's HTTP API: webhooks, records, and what agents or supervisors ask and do.
//
// The document in openapi/openapi.yaml describes it; a test drives every operation of the document against the real
// handlers. Handlers return an answer or an error, and one place turns either into bytes.
package httpapi
