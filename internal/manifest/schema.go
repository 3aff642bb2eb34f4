// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"fmt"
	"io/fs"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/config/crd"
)

// definition is what the CustomResourceDefinition of a kind says of its objects.
type definition struct {
	structural *structuralschema.Structural
	schema     validation.SchemaValidator
}

var (
	definitionsMu sync.Mutex
	definitions   = map[string]func() (*definition, error){}
)

// definitionOf reads the definition of a kind, once: it takes milliseconds, and no command needs that of every kind.
func definitionOf(k *Kind) (*definition, error) {
	definitionsMu.Lock()
	load := definitions[k.Plural]
	if load == nil {
		load = sync.OnceValues(func() (*definition, error) { return readDefinition(k.Plural) })
		definitions[k.Plural] = load
	}
	definitionsMu.Unlock()
	return load()
}

func readDefinition(plural string) (*definition, error) {
	body, err := fs.ReadFile(crd.Bases, "bases/"+v1alpha1.GroupName+"_"+plural+".yaml")
	if err != nil {
		return nil, err
	}
	var object apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(withoutDescriptions(body), &object); err != nil {
		return nil, fmt.Errorf("reading the definition of %s: %w", plural, err)
	}
	for i := range object.Spec.Versions {
		v := &object.Spec.Versions[i]
		if v.Name != v1alpha1.GroupVersion.Version {
			continue
		}
		var props apiextensions.JSONSchemaProps
		convert := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps
		if err := convert(v.Schema.OpenAPIV3Schema, &props, nil); err != nil {
			return nil, fmt.Errorf("reading the schema of %s: %w", plural, err)
		}
		d := &definition{}
		if d.structural, err = structuralschema.NewStructural(&props); err != nil {
			return nil, fmt.Errorf("reading the schema of %s: %w", plural, err)
		}
		if d.schema, _, err = validation.NewSchemaValidator(&props); err != nil {
			return nil, fmt.Errorf("reading the schema of %s: %w", plural, err)
		}
		return d, nil
	}
	return nil, fmt.Errorf("the definition of %s has no version %s", plural, v1alpha1.GroupVersion.Version)
}

// withoutDescriptions leaves out the texts for people, most of what there is to parse: lines that begin with description and
// have a value, and what is indented below them.
func withoutDescriptions(body []byte) []byte {
	const mark = "description: "
	out := make([]byte, 0, len(body)/2)
	below := -1 // the indentation of the description that is being left out
	for line := range bytes.Lines(body) {
		text := bytes.TrimLeft(line, " ")
		indent := len(line) - len(text)
		if below >= 0 && (indent > below || len(bytes.TrimSpace(text)) == 0) {
			continue
		}
		if below = -1; bytes.HasPrefix(text, []byte(mark)) {
			below = indent
			continue
		}
		out = append(out, line...)
	}
	return out
}

// rulesFor compiles the validation rules that these objects meet; nil if there are none. To compile a rule takes about a
// millisecond, and most objects have few of the fields that have rules.
func (d *definition) rulesFor(objects []map[string]any) *cel.Validator {
	values := make([]any, len(objects))
	for i, o := range objects {
		values[i] = o
	}
	return cel.NewValidator(withRulesOf(d.structural, values), true, celconfig.PerCallLimit)
}

// withRulesOf copies a schema without the rules of fields that none of the values has. The types stay as they are: rules
// above may name them.
func withRulesOf(s *structuralschema.Structural, values []any) *structuralschema.Structural {
	out := *s
	if len(values) == 0 {
		out.XValidations = nil
	}
	if s.Items != nil {
		var items []any
		for _, v := range values {
			if list, ok := v.([]any); ok {
				items = append(items, list...)
			}
		}
		out.Items = withRulesOf(s.Items, items)
	}
	if len(s.Properties) > 0 {
		out.Properties = make(map[string]structuralschema.Structural, len(s.Properties))
		for name, below := range s.Properties {
			var found []any
			for _, v := range values {
				if fields, ok := v.(map[string]any); ok {
					if value, ok := fields[name]; ok {
						found = append(found, value)
					}
				}
			}
			out.Properties[name] = *withRulesOf(&below, found)
		}
	}
	return &out
}
