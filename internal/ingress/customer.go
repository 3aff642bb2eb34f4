// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"workstream.dev/operator/internal/rule"
)

// The limits of the lists of a customer, and of a name in them.
const (
	MaxPreferredAgents = 3
	MaxNeverAgents     = 100
	maxObjectName      = 253
)

// objectName is what Kubernetes lets an Agent object be called.
var objectName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

// Customer is who writes, or whom a record is about. A list that is left out says nothing, an empty one that there are
// no such agents.
type Customer struct {
	ID              string            `json:"id"`
	Name            string            `json:"name"`
	PreferredAgents []json.RawMessage `json:"preferredAgents"`
	NeverAgents     []json.RawMessage `json:"neverAgents"`
}

// Attributes are what rules and the engine know of the customer, who stands under path in the body.
func (c *Customer) Attributes(path string) (rule.Attributes, error) {
	attrs := rule.Attributes{}
	for _, f := range []struct{ name, value string }{{"id", c.ID}, {"name", c.Name}} {
		if f.value == "" {
			continue
		}
		if err := CheckLength(path+"."+f.name, f.value, MaxID, false); err != nil {
			return nil, err
		}
		attrs["customer."+f.name] = rule.TextValue(f.value)
	}
	for _, f := range []struct {
		name  string
		list  []json.RawMessage
		limit int
	}{
		{"preferredAgents", c.PreferredAgents, MaxPreferredAgents},
		{"neverAgents", c.NeverAgents, MaxNeverAgents},
	} {
		if f.list == nil {
			continue
		}
		names, err := agentNames(path+"."+f.name, f.list, f.limit)
		if err != nil {
			return nil, err
		}
		// The text of an empty list is there, and empty: it takes the place of the list that the item has.
		attrs["customer."+f.name] = rule.TextValue(strings.Join(names, ","))
	}
	return attrs, nil
}

// agentNames reads a list of names of Agent objects. That there are such agents is not asked: they come and go.
func agentNames(path string, list []json.RawMessage, limit int) ([]string, error) {
	if len(list) > limit {
		return nil, InvalidField(path, "", fmt.Sprintf("%s has %d names, more than %d", path, len(list), limit))
	}
	names := make([]string, len(list))
	for i, raw := range list {
		if err := json.Unmarshal(raw, &names[i]); err != nil || len(names[i]) > maxObjectName || !objectName.MatchString(names[i]) {
			return nil, InvalidField(path, "", fmt.Sprintf("%s[%d] must be the name of an Agent object: a JSON string of at most %d "+
				"lower case letters, digits, - and ., with a letter or digit at each end and beside each .", path, i, maxObjectName))
		}
	}
	return names, nil
}
