// SPDX-License-Identifier: Apache-2.0

// Package cabundle tells the API server whom to trust as the webhook: it keeps the authorities of the webhook's certificate
// in the ValidatingWebhookConfiguration, and changes nothing else of that.
package cabundle
