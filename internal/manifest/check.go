// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// prepare does to an object what an API server does before it checks it: fields that it does not know are problems and
// taken away, like the status, and defaults are filled in. What is said of its metadata is complete.
func (e *Entry) prepare(d *definition) {
	for _, path := range e.takeUnknown(d) {
		e.problem(path, unknownField(d.structural, path))
	}
	meta, _, err := objectmeta.GetObjectMeta(e.content, false)
	if err != nil {
		e.metaProblem(err)
	} else if meta != nil {
		for _, f := range apivalidation.ValidateObjectMeta(meta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata")) {
			e.fieldProblem(f)
		}
	}
	delete(e.content, "status")
	defaulting.PruneNonNullableNullsWithoutDefaults(e.content, d.structural)
	defaulting.Default(e.content, d.structural)
}

// takeUnknown takes away the fields that the schema does not have, and returns their paths.
func (e *Entry) takeUnknown(d *definition) []string {
	_, _, unknown, err := objectmeta.GetObjectMetaWithOptions(e.content, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		unknown = nil // prepare says it
	}
	metadata := e.content["metadata"]
	unknown = append(unknown, pruning.PruneWithOptions(e.content, d.structural, true,
		structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	if metadata != nil {
		e.content["metadata"] = metadata
	}
	slices.Sort(unknown)
	return slices.Compact(unknown)
}

var metaError = regexp.MustCompile(`cannot unmarshal (\w+) into Go struct field ObjectMeta\.(\S+) of type (\S+)`)

// metaProblem says what is wrong with metadata that cannot be read at all.
func (e *Entry) metaProblem(err error) {
	m := metaError.FindStringSubmatch(err.Error())
	if m == nil {
		e.problem("metadata", err.Error())
		return
	}
	node, _ := e.tree.find("metadata." + m[2])
	want := "a text"
	if m[3] != "string" {
		want = "of type " + strings.TrimPrefix(m[3], "v1.")
	}
	e.problem("metadata."+m[2], typeProblem(want, m[1], shown(node)))
}

// check validates against the schema, without its rules. It reports whether those can be tried: they may fail for no reason
// of their own where a type is wrong, or a field is missing or misspelt.
func (e *Entry) check(d *definition) bool {
	blocked := !e.Valid()
	found := validation.ValidateCustomResource(nil, e.content, d.schema)
	found = append(found, listtype.ValidateListSetsAndMaps(nil, d.structural, e.content)...)
	mistyped, complained := map[string]bool{}, map[string]bool{}
	for _, f := range found {
		mistyped[f.Field] = mistyped[f.Field] || f.Type == field.ErrorTypeTypeInvalid
		complained[f.Field] = true
	}
	for _, f := range found {
		number := checkedType.FindStringSubmatch(f.Detail)
		switch {
		case number != nil && complained[number[1]], f.Type != field.ErrorTypeTypeInvalid && mistyped[f.Field]:
			blocked = true
			continue // it follows from what is said of the field
		case number != nil:
			f = field.TypeInvalid(nil, "", `must be of type integer: "number"`)
			f.Field = number[1]
		}
		e.fieldProblem(f)
		switch f.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany,
			field.ErrorTypeTypeInvalid:
			blocked = true
		default:
		}
	}
	return !blocked
}

// checkedType is how the size of a number is complained about, beside what is said of the field itself.
var checkedType = regexp.MustCompile(`^Checked value must be of type integer with format int\d+ in (\S+)$`)

// checkRules tries the validation rules.
func (e *Entry) checkRules(d *definition, rules *cel.Validator) {
	if rules == nil {
		return
	}
	found, _ := rules.Validate(context.Background(), nil, d.structural, e.content, nil, celconfig.RuntimeCELCostBudget)
	for _, f := range found {
		path := fieldPath(f)
		if strings.Contains(f.Detail, " evaluating rule: ") && e.complained(path) {
			continue // the rule cannot read what the schema refuses
		}
		e.problem(path, strings.TrimPrefix(f.Detail, path+": ")+e.valueOf(f))
	}
}

// valueOf shows the value that a rule refuses, where it is a single one.
func (e *Entry) valueOf(f *field.Error) string {
	switch v := f.BadValue.(type) {
	case string:
		return ", not " + strconv.Quote(clip(v))
	case int64, float64, bool:
		return fmt.Sprintf(", not %v", v)
	}
	return ""
}

// fieldPath is the path of an error, empty for the whole object.
func fieldPath(f *field.Error) string {
	if f.Field == "<nil>" {
		return ""
	}
	return strings.TrimPrefix(f.Field, ".")
}

// complained reports whether there is a problem with that field already.
func (e *Entry) complained(path string) bool {
	named := e.tree.named(path)
	return slices.ContainsFunc(e.problems, func(p Problem) bool { return p.Field == named })
}

var wantedType = regexp.MustCompile(`must be of type (\w+): "(\w+)"`)

// fieldProblem says in one sentence what the API server says in its way.
func (e *Entry) fieldProblem(f *field.Error) {
	path := fieldPath(f)
	detail := strings.TrimPrefix(f.Detail, path+" in body ")
	switch {
	case f.Type == field.ErrorTypeTypeInvalid && wantedType.MatchString(detail):
		m := wantedType.FindStringSubmatch(detail)
		node, _ := e.tree.find(path)
		e.problem(path, typeProblem(or(typeWords[m[1]], "of type "+m[1]), m[2], shown(node)))
	case f.Type == field.ErrorTypeNotSupported:
		text := fmt.Sprintf("%s is not supported: %s", valueText(f.BadValue), strings.TrimPrefix(detail, "supported values: "))
		if s, ok := f.BadValue.(string); ok {
			text += meant(s, quoted(detail))
		}
		e.problem(path, text)
	case f.Type == field.ErrorTypeRequired && detail == "":
		e.problem(path, "is required")
	case f.Type == field.ErrorTypeDuplicate:
		e.problem(path, "stands there twice: "+valueText(f.BadValue))
	case f.Type == field.ErrorTypeInvalid && strings.HasPrefix(detail, "should have at "):
		e.problem(path, fmt.Sprintf("%s, not %v", detail, f.BadValue))
	case f.Type == field.ErrorTypeInvalid:
		e.problem(path, valueText(f.BadValue)+" is not valid: "+detail)
	default:
		e.problem(path, f.ErrorBody())
	}
}

var typeWords = map[string]string{
	"string": "a text", "integer": "a whole number", "int32": "a whole number", "int64": "a whole number", "number": "a number",
	"boolean": "true or false", "bool": "true or false", "object": "an object",
	"array": "a list",
}

// typeProblem says what a field must be, what it is, and where YAML reads something else than was meant.
func typeProblem(want, got, value string) string {
	number := strings.TrimPrefix(value, "the number ")
	text, isText := strings.CutPrefix(value, "the text ")
	switch {
	case want == "a text" && isText: // such as yes and NO
		return fmt.Sprintf("must be a text, and YAML reads this as %s unless it stands in quotes: %s", or(typeWords[got], got), text)
	case want == "a text" && (got == "boolean" || got == "bool" || got == "integer" || got == "number"):
		return fmt.Sprintf("must be a text, not %s; write it in quotes: %q", value, number)
	}
	return fmt.Sprintf("must be %s, not %s", want, value)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(clip(v))
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = k + ": " + valueText(v[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		return "a list of " + strconv.Itoa(len(v))
	case nil:
		return "nothing"
	default:
		return clip(fmt.Sprint(v))
	}
}

var inQuotes = regexp.MustCompile(`"([^"]*)"`)

func quoted(s string) []string {
	matches := inQuotes.FindAllStringSubmatch(s, -1)
	out := make([]string, len(matches))
	for i, m := range matches {
		out[i] = m[1]
	}
	return out
}

// unknownField says what a field could be that the schema does not have.
func unknownField(s *structuralschema.Structural, path string) string {
	list := steps(path)
	if len(list) == 0 {
		return "the field is not known"
	}
	last := list[len(list)-1].text
	at := s
	for _, next := range list[:len(list)-1] {
		if at == nil {
			break
		}
		if next.bracket {
			at = at.Items
			continue
		}
		below, ok := at.Properties[next.text]
		if !ok {
			at = nil
			break
		}
		at = &below
	}
	if len(list) == 2 && list[0].text == "metadata" {
		return fmt.Sprintf("there is no field %q", last) + meant(last, []string{"name", "namespace", "labels", "annotations"})
	}
	if at == nil || len(at.Properties) == 0 {
		return fmt.Sprintf("there is no field %q", last)
	}
	known := slices.Sorted(maps.Keys(at.Properties))
	if hint := meant(last, known); hint != "" {
		return fmt.Sprintf("there is no field %q", last) + hint
	}
	return fmt.Sprintf("there is no field %q; there are %s", last, strings.Join(known, ", "))
}

// identity returns kind, namespace and name as far as they are there.
func identity(content map[string]any) (apiVersion, kind string, meta metav1.ObjectMeta) {
	apiVersion, _ = content["apiVersion"].(string)
	kind, _ = content["kind"].(string)
	fields, _ := content["metadata"].(map[string]any)
	meta.Name, _ = fields["name"].(string)
	meta.Namespace, _ = fields["namespace"].(string)
	return apiVersion, kind, meta
}
