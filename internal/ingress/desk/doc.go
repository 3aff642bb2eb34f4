// SPDX-License-Identifier: Apache-2.0

// Package desk is the one list of what agents and supervisors may ask for, alike for every door.
//
// An operation has a name, roles, what it is about, and a body in JSON. HTTP has a path for each, the live stream a frame
// with the name; both hand the body to Do and answer with what it returns.
package desk
