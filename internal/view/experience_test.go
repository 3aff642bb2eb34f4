// SPDX-License-Identifier: Apache-2.0

package view

import (
	"testing"

	"workstream.dev/operator/internal/plan"
)

// What a customer is called does not lead a tab to another page.
func TestTabsStayWhereTheyPoint(t *testing.T) {
	s := &plan.Session{Tabs: []plan.Tab{{URL: "https://crm.example/customers/{customer.id}/orders?of={customer.id}#{customer.id}"}}}
	for id, want := range map[string]string{
		"u-1":           "https://crm.example/customers/u-1/orders?of=u-1#u-1",
		"..":            "https://crm.example/customers//orders?of=#",
		".":             "https://crm.example/customers//orders?of=#",
		"../admin":      "https://crm.example/customers/..%2Fadmin/orders?of=..%2Fadmin#..%2Fadmin",
		"a b&c=d?e#f%g": "https://crm.example/customers/a%20b%26c%3Dd%3Fe%23f%25g/orders?of=a%20b%26c%3Dd%3Fe%23f%25g#a%20b%26c%3Dd%3Fe%23f%25g",
		`..\admin`:      "https://crm.example/customers/..%5Cadmin/orders?of=..%5Cadmin#..%5Cadmin",
	} {
		if got := session(s, func(string) string { return id }).Tabs[0].URL; got != want {
			t.Errorf("%q leads to %s, want %s", id, got, want)
		}
	}
}
