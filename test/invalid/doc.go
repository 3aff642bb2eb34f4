// SPDX-License-Identifier: Apache-2.0

// Package invalid has manifests with the mistakes that people make, each with what they are told: <kind>/<mistake>.yaml.
//
// A file is a comment that says the mistake, lines "# want: ..." with everything that the user is told, and the objects.
// Either the API server refuses the last one, and the lines are its causes; or it takes all of them, and the lines are the
// conditions that are then False, those of the objects around the mistake included. Objects are as old as their place in
// the file says. The second object of a name is a change of the first. Of a Secret only the keys are looked at.
//
// Where the manager is up, its webhook refuses some of what the API server takes, with the words of the condition Accepted.
// Such a file has the line "# layer: webhook". Its other lines are what the conditions say of objects that were stored
// without a manager.
package invalid
