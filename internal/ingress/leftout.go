// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"unicode/utf8"

	"workstream.dev/operator/internal/event"
)

// MaxName is how many characters the name of a value may have.
const MaxName = 100

// ValidName reports whether a value of that name can be an attribute.
func ValidName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= MaxName && utf8.ValidString(name)
}

// LeaveOut says of a value that it is left out. A name that is too long is cut: it is told, and kept.
func LeaveOut(root, name string, reason event.LeftOutReason) event.LeftOut {
	if r := []rune(name); len(r) > MaxName {
		name = string(r[:MaxName]) + "..."
	}
	return event.LeftOut{Name: root + name, Reason: reason}
}
