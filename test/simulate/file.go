// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readFile reads settings from YAML: the names of the flags, with hyphens or in camel case; lists for what may be repeated,
// and maps for what has KEY=VALUE.
func readFile(path string) ([]setting, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("flag --config: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("flag --config %q: %w", path, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("flag --config %q: want a map of flags, such as arrivalRate: 0.8", path)
	}
	var out []setting
	said := make(map[string]bool)
	for i := 0; i < len(doc.Content[0].Content); i += 2 {
		key := doc.Content[0].Content[i]
		if said[key.Value] {
			return nil, fmt.Errorf("%s: line %d: %s is there twice: want it once, with a list where there are several",
				path, key.Line, key.Value)
		}
		said[key.Value] = true
		list, err := fileSettings(path, key.Value, doc.Content[0].Content[i+1])
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func fileSettings(path, key string, node *yaml.Node) ([]setting, error) {
	name := hyphens(key)
	if name == "agents" && node.Kind == yaml.SequenceNode {
		name = "agent"
	}
	f, sameAs := lookup(name)
	if f == nil || f.name == "config" || f.name == "help" {
		return nil, unknown(fmt.Sprintf("%s: %s", path, key), name)
	}
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	var out []setting
	for _, n := range nodes {
		given, err := flat(n)
		value := given
		if err == nil {
			value, err = sameAs(given)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %s: %w", path, n.Line, key, err)
		}
		out = append(out, setting{name: f.name, value: value, file: path, said: [2]string{key, given}})
	}
	return out, nil
}

// flat writes a node as a flag has it.
func flat(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value, nil
	case yaml.MappingNode:
		var parts []string
		for i := 0; i < len(n.Content); i += 2 {
			value, err := joined(n.Content[i+1])
			if err != nil {
				return "", err
			}
			parts = append(parts, hyphens(n.Content[i].Value)+"="+value)
		}
		return strings.Join(parts, ","), nil
	default:
		return "", errors.New("want a value, a list or a map")
	}
}

// joined is a value within a map; lists and maps of skills are joined by +.
func joined(n *yaml.Node) (string, error) {
	var parts []string
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value, nil
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				return "", errors.New("want a list of names")
			}
			parts = append(parts, c.Value)
		}
	case yaml.MappingNode: // name: rating
		for i := 0; i < len(n.Content); i += 2 {
			parts = append(parts, n.Content[i].Value+":"+n.Content[i+1].Value)
		}
	default:
		return "", errors.New("want a value, a list or a map")
	}
	return strings.Join(parts, "+"), nil
}

// hyphens writes arrivalRate as arrival-rate.
func hyphens(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
