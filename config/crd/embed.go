// SPDX-License-Identifier: Apache-2.0

package crd

import "embed"

// Bases holds the generated CustomResourceDefinitions as bases/*.yaml, for tests and checks to use what users install.
//
//go:embed bases/*.yaml
var Bases embed.FS
