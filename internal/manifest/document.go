// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// document is one YAML document or JSON object of a file.
type document struct {
	file string
	// before is how many lines of the file come before it.
	before  int
	content map[string]any
	root    *yamlnode.Node
}

// parse reads all documents of a file. Those that cannot be read are problems, the others are returned all the same.
func parse(file string, body []byte) (docs []document, problems []Problem) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	for _, part := range split(file, body) {
		doc, problem := part.parse(file)
		switch {
		case problem != nil:
			problems = append(problems, *problem)
		case doc != nil:
			docs = append(docs, *doc)
		}
	}
	return docs, problems
}

// part is the text of a document, with how many lines come before it.
type part struct {
	text   []byte
	before int
	err    error // that it is no JSON; the text is what is left of the file
}

// split finds the documents of a file: JSON objects, one after the other, or YAML between lines of three dashes.
func split(file string, body []byte) []part {
	if strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 512)])), "{") {
		parts := splitJSON(body)
		if parts[len(parts)-1].err == nil || strings.EqualFold(filepath.Ext(file), ".json") {
			return parts
		}
	}
	var parts []part
	start, before, line := 0, 0, 0
	for at := 0; at < len(body); line++ {
		end := len(body)
		if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		if begins(body[at:end]) {
			parts = append(parts, part{text: body[start:at], before: before})
			start, before = at, line
		}
		at = end
	}
	return append(parts, part{text: body[start:], before: before})
}

// begins reports whether a line begins a YAML document.
func begins(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

// splitJSON cuts a stream of JSON values; the last part has what is no JSON.
func splitJSON(body []byte) []part {
	var parts []part
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) && len(parts) > 0 {
			return parts
		}
		end := int(d.InputOffset())
		if err != nil {
			if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
				end = int(syntax.Offset)
			}
			end = min(max(end, 0), len(body))
			return append(parts, part{before: bytes.Count(body[:end], []byte("\n")), err: err})
		}
		start := max(end-len(raw), 0)
		parts = append(parts, part{text: raw, before: bytes.Count(body[:start], []byte("\n"))})
	}
}

// parse returns nothing for a part in which there is nothing but comments.
func (p *part) parse(file string) (*document, *Problem) {
	if p.err != nil {
		return nil, &Problem{Place: Place{File: file, Line: p.before + 1}, Message: "this is no JSON: " + p.err.Error()}
	}
	d := document{file: file, before: p.before}
	var node yamlnode.Node
	if err := yamlnode.Unmarshal(p.text, &node); err != nil {
		return nil, d.syntax(err)
	}
	if len(node.Content) == 0 || node.Content[0].Tag == "!!null" {
		return nil, nil
	}
	d.root = node.Content[0]
	at := Place{File: file, Line: d.before + d.root.Line, Column: d.root.Column}
	if d.root.Kind != yamlnode.MappingNode {
		return nil, &Problem{Place: at, Message: "an object is expected, with apiVersion and kind, not " + shown(d.root)}
	}
	// Values are read as kubectl reads them, which knows more words for true and false than the nodes do.
	raw, err := yaml.YAMLToJSON(p.text)
	if err != nil {
		return nil, d.syntax(err)
	}
	if err := utiljson.Unmarshal(raw, &d.content); err != nil {
		return nil, &Problem{Place: at, Message: "this cannot be read: " + err.Error()}
	}
	return &d, nil
}

var yamlLine = regexp.MustCompile(`^(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\s*)?(?:line (\d+): )?`)

// syntax says what is no YAML, at the line that the parser names.
func (d *document) syntax(err error) *Problem {
	text, line := err.Error(), d.before+1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = d.before + n
		}
		text = strings.TrimSpace(text[len(m[0]):])
	}
	return &Problem{Place: Place{File: d.file, Line: line}, Message: "this is no YAML: " + text}
}
