// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	value := func(name string) string {
		return map[string]string{"customer.name": "Mia {context.tier}", "context.tier": "gold", "record.a-b.c": "x"}[name]
	}
	for template, want := range map[string]string{
		"":                                  "",
		"plain":                             "plain",
		"{context.tier}":                    "gold",
		"Hi {customer.name}, {context.no}!": "Hi Mia {context.tier}, !", // a value is no template
		"{{{context.tier}}}":                "{gold}",
		"}}{{":                              "}{",
		"{record.a-b.c}":                    "x",
	} {
		if got, err := Render(template, value); err != nil || got != want {
			t.Errorf("%q becomes %q, %v; want %q", template, got, err, want)
		}
	}
	for template, want := range map[string]string{
		"{customer.nmae}":        "{customer.nmae} is no placeholder: those are agent.displayName",
		"{context.}":             "{context.} is no placeholder",
		"{context.a b}":          "{context.a b} is no placeholder",
		"{}":                     "{} is no placeholder",
		"{customer.neverAgents}": "is no placeholder", // agents are not shown whom a customer refuses
		"{context.tier":          `a single "{"`,
		"a } b":                  `a single "}"`,
		"{context.{tier}}":       "is no placeholder",
	} {
		if got, err := Render(template, value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q becomes %q, %v; want an error with %q", template, got, err, want)
		}
	}
}
