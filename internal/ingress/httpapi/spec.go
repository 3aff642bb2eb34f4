// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	_ "embed" // the document is part of the binary
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi/openapi.yaml
var document []byte

// documentJSON is the same document for tools that read no YAML.
var documentJSON = sync.OnceValues(func() ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encoding the OpenAPI document: %w", err)
	}
	return body, nil
})

func (a *API) specYAML(*call) (*answer, error) {
	return &answer{status: http.StatusOK, raw: document, contentType: "application/yaml"}, nil
}

func (a *API) specJSON(*call) (*answer, error) {
	body, err := documentJSON()
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, raw: body, contentType: "application/json"}, nil
}
