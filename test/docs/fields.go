// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"slices"
	"strings"
)

// A Field is one of the fields that users see: one that is a value or a list of values, or the parent of such fields.
type Field struct {
	Path     string // without spec or status; a list has [] behind it where its elements have fields
	Leaf     bool
	Needed   bool // where its parent is
	Required bool // it and all above it
	// Default is how a page writes the default of the schema, empty if there is none.
	Default     string
	Description string
}

// Fields returns the fields below a schema, which is that of a spec or a status.
func Fields(schema map[string]any) map[string]Field {
	fields := map[string]Field{}
	addFields(fields, "", schema, true)
	return fields
}

func addFields(fields map[string]Field, above string, schema map[string]any, required bool) {
	properties, _ := schema["properties"].(map[string]any)
	names, _ := schema["required"].([]any)
	for name, property := range properties {
		node := property.(map[string]any)
		needed := slices.Contains(names, any(name))
		f := Field{
			Path: strings.TrimPrefix(above+"."+name, "."), Leaf: true, Needed: needed, Required: needed && required,
			Default: written(node["default"]),
		}
		f.Description, _ = node["description"].(string)
		below, suffix := node, ""
		if items, ok := node["items"].(map[string]any); ok {
			below, suffix = items, "[]"
		}
		if _, ok := below["properties"]; ok {
			f.Leaf, f.Default = false, ""
			addFields(fields, f.Path+suffix, below, f.Required)
		}
		fields[f.Path] = f
	}
}

// written is a default as a page writes it.
func written(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = fmt.Sprint(v[i])
		}
		return "[" + strings.Join(texts, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// A Row is a row of a table: a field, or several that are alike, with the other cells.
type Row struct {
	First  string   // the whole first cell
	Fields []string // what is in code style there
	Cells  []string // after the first
}

// Rows returns the rows of the tables in the section of a page under that heading, such as "## Fields", whose first column
// has that name.
func (p *Page) Rows(heading, column string) []Row {
	var rows []Row
	inside, inTable := false, false
	for line := range strings.Lines(p.Text) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case isHeading(line):
			inside = line == heading || inside && depth(line) > depth(heading)
		case !inside || !strings.HasPrefix(line, "|"):
			inTable = false
		case cells[0] == column:
			inTable = true
		case inTable && !strings.HasPrefix(line, "|---"):
			row := Row{First: cells[0], Cells: cells[1:]}
			for _, code := range codePattern.FindAllString(cells[0], -1) {
				row.Fields = append(row.Fields, strings.Trim(code, "`"))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func isHeading(line string) bool { return strings.HasPrefix(line, "#") && depth(line) < len(line) }

func depth(heading string) int { return len(heading) - len(strings.TrimLeft(heading, "#")) }

// conditionGroups are where the fields of a condition stand again.
var conditionGroups = []string{"rules[].when.all[].", "rules[].when.any[].", "rules[].when.not."}

// FieldMismatches returns what is wrong between the fields of a spec and the table of a page: a field that is missing on
// either side, and a default or "required" that is not what the schema says. The levels of a condition tree, below when,
// are described once.
func FieldMismatches(fields map[string]Field, rows []Row) []string {
	var wrong []string
	described := map[string]bool{}
	for _, row := range rows {
		for _, path := range row.Fields {
			described[path] = true
			f, ok := fields[path]
			if when, isCondition := fields["rules[].when."+path]; isCondition && !ok {
				described[when.Path] = true
				continue
			}
			if !ok && path != "metadata.name" {
				wrong = append(wrong, path+" is described, and is no field")
			}
			if ok && len(row.Cells) == 2 {
				wrong = append(wrong, cellMismatches(f, row.Cells[0])...)
			}
		}
	}
	for path, f := range fields {
		nested := slices.ContainsFunc(conditionGroups, func(group string) bool { return strings.HasPrefix(path, group) })
		if f.Leaf && !nested && !described[path] {
			wrong = append(wrong, path+" is not described")
		}
	}
	slices.Sort(wrong)
	return wrong
}

func cellMismatches(f Field, cell string) []string {
	var wrong []string
	if f.Default != "" && cell != "`"+f.Default+"`" {
		wrong = append(wrong, fmt.Sprintf("%s: the default is %s, and not %s", f.Path, f.Default, cell))
	}
	if f.Required && cell != "required" || cell == "required" && !f.Needed {
		wrong = append(wrong, fmt.Sprintf("%s: required is %t, and the page says %q", f.Path, f.Needed, cell))
	}
	return wrong
}
