// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"testing"
	"time"
)

// A test says when its item comes in one of two ways, and either replaces what the defaults say in the other.
func TestTimesOfTestsReplaceThoseOfDefaults(t *testing.T) {
	const head = "apiVersion: test.workstream.dev/v1alpha1\nkind: RoutingTest\n"
	const first, second = `"2026-07-01T10:00:00Z"`, `"2026-07-02T10:00:00Z"`
	for name, body := range map[string]string{
		"at for createdAt": "defaults: {given: {item.createdAt: " + first + ", context.tier: gold}}\n" +
			"tests: [{name: a, at: " + second + ", expect: {queue: q}}]",
		"createdAt for at": "defaults: {at: " + first + ", given: {context.tier: gold}}\n" +
			"tests: [{name: a, given: {item.createdAt: " + second + "}, expect: {queue: q}}]",
	} {
		f, err := decodeTests([]byte(head + body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		test := &f.Tests[0]
		at := test.Given.Given[createdAt]
		got := at.String()
		if !at.Present() {
			got = test.At.UTC().Format(time.RFC3339)
		}
		if got != "2026-07-02T10:00:00Z" || at.Present() != test.At.IsZero() {
			t.Errorf("%s: at %v and item.createdAt %q", name, test.At, at)
		}
		if v := test.Given.Given["context.tier"]; v.String() != "gold" {
			t.Errorf("%s: the other attributes of the defaults are lost", name)
		}
	}
}
