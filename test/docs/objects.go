// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// Group is the API group whose objects are checked; those of others are left alone.
const Group = "routing.workstream.dev"

// CRDs answers for custom resources as an API server with these definitions would.
type CRDs struct {
	kinds map[string]*kind // by apiVersion and kind, with a slash between
}

type kind struct {
	name, singular string
	schema         *structuralschema.Structural
	validator      validation.SchemaValidator
	rules          *cel.Validator
}

// LoadCRDs reads all definitions in the YAML files of dir.
func LoadCRDs(dir fs.FS) (*CRDs, error) {
	files, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	c := &CRDs{kinds: map[string]*kind{}}
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(text, &crd); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		for _, version := range crd.Spec.Versions {
			k, err := newKind(&crd, &version)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", file, err)
			}
			c.kinds[crd.Spec.Group+"/"+version.Name+"/"+k.name] = k
		}
	}
	if len(c.kinds) == 0 {
		return nil, errors.New("no custom resource definitions found")
	}
	return c, nil
}

func newKind(crd *apiextensionsv1.CustomResourceDefinition, version *apiextensionsv1.CustomResourceDefinitionVersion) (*kind, error) {
	var props apiextensions.JSONSchemaProps
	err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &props, nil)
	if err != nil {
		return nil, err
	}
	schema, err := structuralschema.NewStructural(&props)
	if err != nil {
		return nil, err
	}
	validator, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		return nil, err
	}
	return &kind{
		name:      crd.Spec.Names.Kind,
		singular:  crd.Spec.Names.Singular,
		schema:    schema,
		validator: validator,
		rules:     cel.NewValidator(schema, true, celconfig.PerCallLimit),
	}, nil
}

// Kinds returns the singular name of each kind.
func (c *CRDs) Kinds() map[string]string {
	names := map[string]string{}
	for _, k := range c.kinds {
		names[k.name] = k.singular
	}
	return names
}

// Check returns what an API server would say against the objects of the group in a YAML text, and the kind of each.
func (c *CRDs) Check(text string) (wrong, kinds []string) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		doc, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return wrong, kinds
		}
		if err != nil {
			return append(wrong, err.Error()), kinds
		}
		var content any
		if err := yaml.UnmarshalStrict(doc, &content); err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		object, _ := content.(map[string]any)
		if apiVersion, _ := object["apiVersion"].(string); !strings.HasPrefix(apiVersion, Group+"/") {
			continue
		}
		kind, _ := object["kind"].(string)
		kinds = append(kinds, kind)
		wrong = append(wrong, c.checkObject(object)...)
	}
}

func (c *CRDs) checkObject(content map[string]any) []string {
	// Numbers as an API server decodes them.
	object := unstructured.Unstructured{Object: integers(content).(map[string]any)}
	name := object.GetKind() + " " + object.GetName()
	k, ok := c.kinds[object.GetAPIVersion()+"/"+object.GetKind()]
	if !ok {
		return []string{name + ": there is no " + object.GetAPIVersion() + " " + object.GetKind()}
	}
	var wrong []string
	say := func(what any) { wrong = append(wrong, fmt.Sprintf("%s: %v", name, what)) }

	if object.GetName() == "" {
		say("no name")
	}
	track := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, field := range pruning.PruneWithOptions(object.Object, k.schema, true, track) {
		say("unknown field " + field)
	}
	defaulting.Default(object.Object, k.schema)
	errs := validation.ValidateCustomResource(nil, object.Object, k.validator)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.schema, object.Object)...)
	if len(errs) == 0 && k.rules != nil {
		found, _ := k.rules.Validate(context.Background(), nil, k.schema, object.Object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, found...)
	}
	for _, err := range errs {
		say(err)
	}
	return wrong
}

// integers turns whole floats into int64, in place.
func integers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			v[key] = integers(item)
		}
	case []any:
		for i, item := range v {
			v[i] = integers(item)
		}
	case float64:
		if v == math.Trunc(v) {
			return int64(v)
		}
	}
	return value
}
