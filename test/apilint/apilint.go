// SPDX-License-Identifier: Apache-2.0

package apilint

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	maxLength = "+kubebuilder:validation:MaxLength"
	enum      = "+kubebuilder:validation:Enum"
)

var camelCase = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)

// Check returns the violations in all Go files at the top of dir, as "file:line: Type.field: what is wrong", sorted by
// place. Test files and generated files are left out.
func Check(dir fs.FS) ([]string, error) {
	l := &linter{fset: token.NewFileSet(), types: map[string]*namedType{}}
	names, err := fs.Glob(dir, "*.go")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "zz_generated") {
			continue
		}
		src, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(l.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		l.collect(file)
	}
	if len(l.types) == 0 {
		return nil, errors.New("no types found")
	}
	for _, t := range l.types {
		l.checkType(t)
	}
	slices.SortFunc(l.found, func(a, b violation) int {
		if c := strings.Compare(a.pos.Filename, b.pos.Filename); c != 0 {
			return c
		}
		if a.pos.Line != b.pos.Line {
			return a.pos.Line - b.pos.Line
		}
		return strings.Compare(a.text, b.text)
	})
	lines := make([]string, len(l.found))
	for i, v := range l.found {
		lines[i] = fmt.Sprintf("%s:%d: %s", path.Base(v.pos.Filename), v.pos.Line, v.text)
	}
	return lines, nil
}

type linter struct {
	fset  *token.FileSet
	types map[string]*namedType
	found []violation
}

type violation struct {
	pos  token.Position
	text string
}

// namedType is one type declaration with all comments above it, those set off by a blank line included.
type namedType struct {
	name    string
	expr    ast.Expr
	file    *ast.File
	pos     token.Pos
	markers markers
}

// field is one struct field with its JSON name.
type field struct {
	owner   *namedType
	expr    ast.Expr
	pos     token.Pos
	goName  string
	json    string
	options []string
	doc     string
	markers markers
}

type markers []string

func (m markers) has(name string) bool {
	return slices.ContainsFunc(m, func(line string) bool {
		rest, ok := strings.CutPrefix(line, name)
		return ok && (rest == "" || rest[0] == '=' || rest[0] == ':')
	})
}

func (l *linter) collect(file *ast.File) {
	end := file.Name.End()
	for _, decl := range file.Decls {
		if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.TYPE {
			for _, s := range gen.Specs {
				spec := s.(*ast.TypeSpec)
				_, m := comments(file, end, spec.Pos())
				l.types[spec.Name.Name] = &namedType{name: spec.Name.Name, expr: spec.Type, file: file, pos: spec.Pos(), markers: m}
				end = spec.End()
			}
		}
		end = decl.End()
	}
}

// comments returns the prose and the markers in the comments between two positions.
func comments(file *ast.File, from, to token.Pos) (prose string, m markers) {
	var text []string
	for _, group := range file.Comments {
		if group.Pos() < from || group.End() > to {
			continue
		}
		for _, c := range group.List {
			line := strings.TrimSpace(strings.TrimPrefix(c.Text, "//"))
			if strings.HasPrefix(line, "+") {
				m = append(m, line)
			} else {
				text = append(text, line)
			}
		}
	}
	return strings.TrimSpace(strings.Join(text, " ")), m
}

func (l *linter) report(pos token.Pos, subject, format string, args ...any) {
	l.found = append(l.found, violation{l.fset.Position(pos), subject + ": " + fmt.Sprintf(format, args...)})
}

func (l *linter) checkType(t *namedType) {
	body, ok := t.expr.(*ast.StructType)
	root := t.markers.has("+kubebuilder:object:root")
	if !ok || root && strings.HasSuffix(t.name, "List") {
		return
	}
	if root && !t.markers.has("+kubebuilder:subresource:status") {
		l.report(t.pos, t.name, "a kind needs +kubebuilder:subresource:status")
	}
	fields := l.fields(t, body)
	for _, f := range fields {
		l.checkField(f)
	}
	if _, isKind := l.types[strings.TrimSuffix(t.name, "Status")]; isKind && strings.HasSuffix(t.name, "Status") {
		if len(fields) == 0 || fields[0].json != "conditions" {
			l.report(t.pos, t.name, "conditions is the first field of a status")
		}
	}
}

// fields returns the fields of a struct that has a JSON name; what is inlined or the object's metadata is not ours.
func (l *linter) fields(t *namedType, body *ast.StructType) []field {
	var fields []field
	end := body.Fields.Opening
	for _, f := range body.Fields.List {
		doc, m := comments(t.file, end, f.Pos())
		end = f.End()
		if len(f.Names) == 0 {
			continue
		}
		var tag string
		if f.Tag != nil {
			tag, _ = strconv.Unquote(f.Tag.Value)
		}
		json, hasTag := reflect.StructTag(tag).Lookup("json")
		name := f.Names[0].Name
		if !hasTag {
			l.report(f.Pos(), t.name+"."+name, "no json tag")
			continue
		}
		parts := strings.Split(json, ",")
		fields = append(fields, field{
			owner: t, expr: f.Type, pos: f.Pos(), goName: name, json: parts[0], options: parts[1:], doc: doc, markers: m,
		})
	}
	return fields
}

func (l *linter) checkField(f field) {
	report := func(format string, args ...any) { l.report(f.pos, f.owner.name+"."+f.goName, format, args...) }

	if !camelCase.MatchString(f.json) {
		report("json name %q is not camelCase", f.json)
	}
	if first, _, _ := strings.Cut(f.doc, " "); first != f.json {
		report("its comment starts with %q, not with its json name %q", first, f.json)
	}
	optional, required := f.markers.has("+optional"), f.markers.has("+required")
	if optional == required {
		report("exactly one of +optional and +required")
	}
	if optional && !slices.Contains(f.options, "omitempty") && !slices.Contains(f.options, "omitzero") {
		report("optional, so omitempty")
	}
	if f.markers.has("+nullable") {
		report("null is not a value, leave the field out")
	}
	if strings.EqualFold(f.json, "phase") {
		report("no phase, use conditions")
	}
	if strings.HasSuffix(f.json, "Timestamp") || strings.HasSuffix(f.json, "TimeStamp") {
		report("name moments ...Time or ...At")
	}
	l.checkReference(f, report)
	l.checkFieldType(f, report)
	if f.json == "conditions" {
		checkConditions(f, report)
	}
}

type reporter func(format string, args ...any)

func checkConditions(f field, report reporter) {
	if typeName(f.expr) != "[]metav1.Condition" {
		report("conditions is a []metav1.Condition")
	}
	if !slices.Contains(f.markers, "+listType=map") || !slices.Contains(f.markers, "+listMapKey=type") {
		report("conditions is +listType=map with +listMapKey=type")
	}
}

// checkReference finds references by the name of their type, so a reference type must be called one.
func (l *linter) checkReference(f field, report reporter) {
	expr, suffix := f.expr, "Ref"
	if list, ok := expr.(*ast.ArrayType); ok {
		expr, suffix = list.Elt, "Refs"
	}
	name := strings.TrimPrefix(typeName(expr), "*")
	isReference := strings.HasSuffix(name, "Reference") || strings.HasSuffix(name, "Ref")
	if isReference && !strings.HasSuffix(f.json, suffix) {
		report("a reference, so its name ends in %s", suffix)
	}
	if strings.HasSuffix(f.json, "Reference") || strings.HasSuffix(f.json, "References") {
		report("references end in Ref or Refs")
	}
}

func (l *linter) checkFieldType(f field, report reporter) {
	expr := f.expr
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	switch e := expr.(type) {
	case *ast.ArrayType:
		if !f.markers.has("+kubebuilder:validation:MaxItems") {
			report("a list needs MaxItems")
		}
		if !f.markers.has("+listType") {
			report("a list needs +listType")
		}
		l.checkScalar(e.Elt, f.markers, "+kubebuilder:validation:items:", report)
	case *ast.MapType:
		// Attributes of items are one map wherever users write them, and their values are of several types.
		if name := typeName(e); name != "map[string]string" && name != "map[string]AttributeValue" {
			report("no maps but map[string]string, use a list with a key")
		}
		if !f.markers.has("+kubebuilder:validation:MaxProperties") {
			report("a map needs MaxProperties")
		}
	default:
		l.checkScalar(expr, f.markers, "+kubebuilder:validation:", report)
	}
}

// checkScalar follows names of this package down to the built-in type; markers on the way count.
func (l *linter) checkScalar(expr ast.Expr, m markers, prefix string, report reporter) {
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	name := typeName(expr)
	bounded := m.has(prefix+"MaxLength") || m.has(prefix+"Enum")
	for {
		t, ok := l.types[name]
		if !ok {
			break
		}
		bounded = bounded || t.markers.has(maxLength) || t.markers.has(enum)
		name = typeName(t.expr)
	}
	switch name {
	case "bool":
		report("no bools, use an enum")
	case "float32", "float64":
		report("no floats, use an integer with its unit in the name")
	case "int", "int8", "int16", "uint", "uint8", "uint16", "uint32", "uint64":
		report("%s, use int32 or int64", name)
	case "metav1.Duration":
		report("no metav1.Duration, use a string like 8h")
	case "string":
		if !bounded {
			report("a string needs MaxLength or Enum")
		}
	}
}

// typeName writes a type as in the source, a struct or interface as nothing.
func typeName(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	case *ast.ArrayType:
		return "[]" + typeName(e.Elt)
	case *ast.MapType:
		return "map[" + typeName(e.Key) + "]" + typeName(e.Value)
	default:
		return ""
	}
}
