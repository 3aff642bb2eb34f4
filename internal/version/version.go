// SPDX-License-Identifier: Apache-2.0

package version

// version is set by the linker; see hack/make/build.mk.
var version = "dev"

// String returns the version that the binary was built as, "dev" when the build did not say.
func String() string {
	return version
}
