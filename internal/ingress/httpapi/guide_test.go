// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// TestGuideShowsRequestsOfTheDocument reads the http blocks of the guide.
func TestGuideShowsRequestsOfTheDocument(t *testing.T) {
	page, err := os.ReadFile("../../../docs/api.md")
	must(t, err)
	spec := newValidator(t)
	blocks := strings.Split(string(page), "```http\n")[1:]
	if len(blocks) < 10 {
		t.Fatalf("the guide has %d requests only", len(blocks))
	}
	for _, block := range blocks {
		text, _, closed := strings.Cut(block, "\n```")
		if !closed {
			t.Fatalf("a block does not end: %s", block)
		}
		r := parseRequest(t, text)
		route, params := spec.match(r)
		if route == nil {
			t.Errorf("nothing is at %s %s", r.Method, r.URL.Path)
			continue
		}
		if err := openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
			Request: r, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		}); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// parseRequest reads a request line, headers and a body.
func parseRequest(t *testing.T, text string) *http.Request {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := bufio.NewScanner(strings.NewReader(head))
	lines.Scan()
	method, target, _ := strings.Cut(lines.Text(), " ")
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		r.Header.Set(name, value)
	}
	return r
}
