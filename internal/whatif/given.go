// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Given is an item that could come, and the contact centre as it is then.
type Given struct {
	// Workstream or Channel is where it comes in; of a workstream for conversations it is the first of its channels.
	Workstream string `json:"workstream,omitempty" yaml:"workstream"`
	Channel    string `json:"channel,omitempty" yaml:"channel"`
	// Given has what the source sends, by full names such as context.tier. item.createdAt is another way to write At.
	Given Attributes `json:"given,omitempty" yaml:"given"`
	// At is when it comes; zero: DefaultTime.
	At Time `json:"at,omitzero" yaml:"at"`
	// Draw is the percentile by which rules that split choose, 0 to 99; nil: any.
	Draw *int32 `json:"draw,omitempty" yaml:"draw"`
	// Agents are those who are not as OtherAgents says.
	Agents map[string]Agent `json:"agents,omitempty" yaml:"agents"`
	// OtherAgents is the presence of all others; empty: Available.
	OtherAgents plan.Presence `json:"otherAgents,omitempty" yaml:"otherAgents"`
	// Waiting is how many other items wait in a queue already.
	Waiting map[string]int `json:"waiting,omitempty" yaml:"waiting"`
}

// Agent is how an agent is.
type Agent struct {
	// Presence is a base presence or one of the organisation's own; Offline: not connected. Empty: Available.
	Presence string `json:"presence,omitempty" yaml:"presence"`
	// Holds is how many items of a workstream the agent has.
	Holds map[string]int `json:"holds,omitempty" yaml:"holds"`
}

// DefaultTime is when an item comes that says nothing else: a Monday at noon, UTC. A test must not depend on when it runs.
var DefaultTime = time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)

// Attributes are values as a source sends them.
type Attributes map[string]rule.Value

// UnmarshalYAML reads texts, numbers and booleans; a time stays the text that it is.
func (a *Attributes) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: attributes by name are expected, such as {context.tier: gold}", node.Line)
	}
	*a = make(Attributes, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i].Value, node.Content[i+1]
		if _, twice := (*a)[name]; twice {
			return fmt.Errorf("line %d: attribute %s stands there twice", node.Content[i].Line, name)
		}
		v, err := scalar(value)
		if err != nil {
			return fmt.Errorf("line %d: attribute %s: %w", value.Line, name, err)
		}
		(*a)[name] = v
	}
	return nil
}

var errNoScalar = errors.New("the value must be a text, a number, true or false")

func scalar(node *yaml.Node) (rule.Value, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.ScalarNode {
		return rule.Value{}, errNoScalar
	}
	switch node.Tag {
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(node.Value, 64)
		v := rule.NumberValue(f)
		if err != nil || !v.Present() {
			return rule.Value{}, fmt.Errorf("%q is no number that rules compare; a text stands in quotes", node.Value)
		}
		return v, nil
	case "!!null":
		return rule.Value{}, errors.New("there is no value; leave the attribute out when the source does not send it")
	default:
		return rule.TextValue(node.Value), nil
	}
}

// Time is a moment with its zone.
type Time struct{ time.Time }

// UnmarshalYAML reads RFC 3339.
func (t *Time) UnmarshalYAML(node *yaml.Node) error {
	at, err := parseTime(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	t.Time = at
	return nil
}

func parseTime(s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Year() < 1971 || at.Year() > 9000 {
		return time.Time{}, fmt.Errorf("%q is no time such as 2026-12-24T15:00:00+01:00", s)
	}
	return at, nil
}

// Decode reads an item from YAML or JSON. The error says line and field.
func Decode(body []byte) (*Given, error) {
	var g Given
	if err := Strict(body, &g); err != nil {
		return nil, err
	}
	return &g, nil
}

// Strict reads one YAML document into v, and refuses what v does not have.
func Strict(body []byte, v any) error {
	d := yaml.NewDecoder(strings.NewReader(string(body)))
	d.KnownFields(true)
	err := d.Decode(v)
	if errors.Is(err, io.EOF) {
		return errors.New("there is nothing in it")
	}
	if err == nil {
		var rest yaml.Node
		if next := d.Decode(&rest); !errors.Is(next, io.EOF) {
			return errors.New("one YAML document is expected, and there is more behind it")
		}
		return nil
	}
	if several, ok := errors.AsType[*yaml.TypeError](err); ok {
		lines := make([]string, len(several.Errors))
		for i, text := range several.Errors {
			lines[i] = reword(text)
		}
		return errors.New(strings.Join(lines, "; "))
	}
	return errors.New(reword(strings.TrimPrefix(err.Error(), "yaml: ")))
}

var (
	noField   = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongType = regexp.MustCompile("cannot unmarshal !!(\\w+)(?: `([^`]*)`)? into (\\S+)")
)

// reword says what the parser says without names of Go.
func reword(text string) string {
	text = noField.ReplaceAllString(text, `there is no field "$1"`)
	return wrongType.ReplaceAllStringFunc(text, func(s string) string {
		m := wrongType.FindStringSubmatch(s)
		got := map[string]string{"map": "an object", "seq": "a list", "str": "the text", "int": "the number"}[m[1]]
		if got == "" {
			got = m[1]
		}
		if m[2] != "" {
			got += " " + strconv.Quote(m[2])
		}
		want := "an object"
		switch {
		case strings.HasPrefix(m[3], "[]"):
			want = "a list"
		case strings.Contains(m[3], "int") && !strings.HasPrefix(m[3], "map"):
			want = "a whole number"
		case m[3] == "string" || strings.HasSuffix(m[3], "Presence"):
			want = "a text"
		}
		return want + " is expected, not " + got
	})
}

// time returns when the item comes.
func (g *Given) time() (time.Time, error) {
	if v, ok := g.Given["item.createdAt"]; ok {
		if !g.At.IsZero() {
			return time.Time{}, errors.New("at and item.createdAt say the same: only one of them may be set")
		}
		at, err := parseTime(v.String())
		if err != nil {
			return time.Time{}, fmt.Errorf("item.createdAt: %w", err)
		}
		return at, nil
	}
	if g.At.IsZero() {
		return DefaultTime, nil
	}
	return g.At.Time, nil
}

// names returns the sorted names of what it has.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
