// SPDX-License-Identifier: Apache-2.0

// Package planpb is the generated wire format of the plan feed; `make generate-proto` makes it from planfeed.proto.
package planpb
