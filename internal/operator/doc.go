// SPDX-License-Identifier: Apache-2.0

// Package operator is the composition root of the control plane: it turns options into a running manager.
package operator
