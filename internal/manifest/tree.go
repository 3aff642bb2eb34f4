// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"strconv"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
)

// tree knows where the fields of an object stand.
type tree struct {
	file   string
	before int
	root   *yamlnode.Node
}

// step is one step of a path: the name of a field, or in brackets an index or a key.
type step struct {
	text    string
	bracket bool
}

// steps reads a path such as spec.rules[3](vip).when or metadata.labels[a.b/c]. What stands in round brackets is a name for
// people.
func steps(path string) []step {
	var out []step
	for path != "" {
		switch path[0] {
		case '.':
			path = path[1:]
		case '(':
			end := closing(path)
			path = path[end:]
		case '[':
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return append(out, step{path[1:], true})
			}
			out = append(out, step{strings.Trim(path[1:end], `"'`), true})
			path = path[end+1:]
		default:
			end := strings.IndexAny(path, ".[(")
			if end < 0 {
				end = len(path)
			}
			out = append(out, step{path[:end], false})
			path = path[end:]
		}
	}
	return out
}

// closing is behind the round bracket that closes the first one.
func closing(path string) int {
	open := 0
	for i := range len(path) {
		switch path[i] {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return i + 1
			}
		}
	}
	return len(path)
}

// find returns the node of a path, and the one that says where it stands: of a field that is its key. Of a path that leads
// nowhere it is the last one on the way, and node is nil.
func (t *tree) find(path string) (node, at *yamlnode.Node) {
	node, at = t.root, t.root
	for list := steps(path); len(list) > 0; {
		key, value, used := next(node, list)
		if value == nil {
			return nil, at
		}
		node, at, list = value, key, list[used:]
	}
	return node, at
}

// next goes one step, or several where a key has dots, such as context.tier.
func next(node *yamlnode.Node, list []step) (key, value *yamlnode.Node, used int) {
	name := step{}
	for i, s := range list {
		if s.bracket && i > 0 {
			break
		}
		if i > 0 {
			name.text += "."
		}
		name.text, name.bracket = name.text+s.text, s.bracket
		if key, value = child(node, name); value != nil {
			return key, value, i + 1
		}
	}
	return nil, nil, 0
}

// place is where a path stands, or what comes closest.
func (t *tree) place(path string) Place {
	if t == nil || t.root == nil {
		return Place{}
	}
	_, at := t.find(path)
	return Place{File: t.file, Line: t.before + at.Line, Column: at.Column}
}

// named writes a path with the names of the list items on its way: spec.rules[3] becomes spec.rules[3](vip).
func (t *tree) named(path string) string {
	if t == nil || t.root == nil || !strings.Contains(path, "[") || strings.Contains(path, "(") {
		return path
	}
	var out strings.Builder
	node := t.root
	for _, s := range steps(path) {
		if s.bracket {
			out.WriteString("[" + s.text + "]")
		} else {
			if out.Len() > 0 {
				out.WriteByte('.')
			}
			out.WriteString(s.text)
		}
		list := resolve(node)
		_, node = child(node, s)
		if list == nil || list.Kind != yamlnode.SequenceNode {
			continue
		}
		if _, name := child(node, step{text: "name"}); name != nil && name.Kind == yamlnode.ScalarNode && name.Value != "" {
			out.WriteString("(" + name.Value + ")")
		}
	}
	return out.String()
}

// child goes one step, and returns nil where there is nothing.
func child(node *yamlnode.Node, s step) (key, value *yamlnode.Node) {
	node = resolve(node)
	if node == nil {
		return nil, nil
	}
	switch node.Kind {
	case yamlnode.SequenceNode:
		if i, err := strconv.Atoi(s.text); err == nil && s.bracket && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	case yamlnode.MappingNode:
		for i := len(node.Content) - 2; i >= 0; i -= 2 { // of keys that stand twice the last one counts
			if node.Content[i].Value == s.text {
				return node.Content[i], node.Content[i+1]
			}
		}
		return merged(node, s)
	case yamlnode.DocumentNode, yamlnode.ScalarNode, yamlnode.AliasNode:
	}
	return nil, nil
}

// merged looks into what `<<: *anchor` takes over.
func merged(node *yamlnode.Node, s step) (key, value *yamlnode.Node) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Tag != "!!merge" {
			continue
		}
		from := []*yamlnode.Node{node.Content[i+1]}
		if list := resolve(from[0]); list != nil && list.Kind == yamlnode.SequenceNode {
			from = list.Content
		}
		for _, source := range from {
			source = resolve(source)
			if source == nil || source.Kind != yamlnode.MappingNode || source == node {
				continue
			}
			for j := 0; j+1 < len(source.Content); j += 2 {
				if source.Content[j].Value == s.text {
					return source.Content[j], source.Content[j+1]
				}
			}
		}
	}
	return nil, nil
}

func resolve(node *yamlnode.Node) *yamlnode.Node {
	if node != nil && node.Kind == yamlnode.AliasNode {
		return node.Alias
	}
	return node
}

// twice finds the keys that stand twice in one mapping, anywhere below node.
func (t *tree) twice(node *yamlnode.Node, path string, found func(path string, first, second *yamlnode.Node)) {
	switch node.Kind {
	case yamlnode.MappingNode:
		seen := make(map[string]*yamlnode.Node, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			below := key.Value
			if path != "" {
				below = path + "." + key.Value
			}
			if first := seen[key.Value]; first != nil && key.Tag != "!!merge" {
				found(below, first, key)
			}
			seen[key.Value] = key
			t.twice(node.Content[i+1], below, found)
		}
	case yamlnode.SequenceNode:
		for i, item := range node.Content {
			t.twice(item, path+"["+strconv.Itoa(i)+"]", found)
		}
	case yamlnode.DocumentNode, yamlnode.ScalarNode, yamlnode.AliasNode:
	}
}

// shown is a value as a message shows it: what kind of thing it is, and a scalar as it is written.
func shown(node *yamlnode.Node) string {
	node = resolve(node)
	if node == nil {
		return "nothing"
	}
	switch node.Kind {
	case yamlnode.MappingNode:
		return "an object"
	case yamlnode.SequenceNode:
		return "a list"
	case yamlnode.DocumentNode, yamlnode.AliasNode:
	case yamlnode.ScalarNode:
		switch node.Tag {
		case "!!int", "!!float":
			return "the number " + node.Value
		case "!!null":
			return "nothing"
		case "!!bool":
			return node.Value
		}
		return "the text " + strconv.Quote(clip(node.Value))
	}
	return "nothing"
}

// clip keeps a value from making a message long.
func clip(s string) string {
	const most = 64
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
