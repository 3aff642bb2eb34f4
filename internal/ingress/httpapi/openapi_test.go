// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/ingress/desk"
)

// loaded is the document, with every object closed: what is not described must not be answered. Clients are to pass over
// what they do not know, so the document itself leaves objects open.
var loaded = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	no := false
	for name, s := range doc.Components.Schemas {
		// Webhooks are open for their senders.
		if name != "Webhook" && len(s.Value.Properties) > 0 {
			s.Value.AdditionalProperties = openapi3.BoolSchema{Has: &no}
		}
	}
	return doc, nil
})

func loadDocument(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := loaded()
	must(t, err)
	return doc
}

// validator holds requests and answers against the document.
type validator struct {
	doc *openapi3.T
	// seen are the operations by id with the statuses that they were answered with.
	seen map[string]map[int]bool
}

func newValidator(t testing.TB) *validator {
	t.Helper()
	return &validator{doc: loadDocument(t), seen: map[string]map[int]bool{}}
}

// match finds the operation for a request; routes are written alike in both worlds.
func (v *validator) match(r *http.Request) (*routers.Route, map[string]string) {
	got := strings.Split(r.URL.EscapedPath(), "/")
	for path, item := range v.doc.Paths.Map() {
		want := strings.Split(path, "/")
		operation := item.GetOperation(r.Method)
		if len(want) != len(got) || operation == nil {
			continue
		}
		params := map[string]string{}
		matches := true
		for i := range want {
			if name, ok := strings.CutPrefix(want[i], "{"); ok {
				value, err := url.PathUnescape(got[i])
				matches = matches && err == nil
				params[strings.TrimSuffix(name, "}")] = value
			} else if want[i] != got[i] {
				matches = false
			}
		}
		if matches {
			return &routers.Route{Spec: v.doc, Path: path, PathItem: item, Method: r.Method, Operation: operation}, params
		}
	}
	return nil, nil
}

// check holds an answer against the document, and the request too when it was answered with success: what the document
// forbids must not be accepted. Webhooks are more tolerant than what they ask for.
func (v *validator) check(t *testing.T, r *http.Request, body string, rec *httptest.ResponseRecorder) {
	t.Helper()
	route, params := v.match(r)
	if route == nil {
		if rec.Code != http.StatusNotFound && rec.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s %s is in no document but answered with %d", r.Method, r.URL.Path, rec.Code)
		}
		return
	}
	if v.seen[route.Operation.OperationID] == nil {
		v.seen[route.Operation.OperationID] = map[int]bool{}
	}
	v.seen[route.Operation.OperationID][rec.Code] = true
	r.Body = io.NopCloser(strings.NewReader(body))
	options := &openapi3filter.Options{
		IncludeResponseStatus: true, MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	}
	request := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if rec.Code < 300 {
		if err := openapi3filter.ValidateRequest(t.Context(), request); err != nil {
			t.Errorf("%s %s was accepted, but the document says: %v", r.Method, r.URL.Path, err)
		}
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: rec.Code, Header: rec.Header(),
		Body: io.NopCloser(bytes.NewReader(rec.Body.Bytes())), Options: options,
	}
	if err := openapi3filter.ValidateResponse(t.Context(), response); err != nil {
		t.Errorf("%s %s answered %d, but the document says: %v\n%s", r.Method, r.URL.Path, rec.Code, err, rec.Body)
	}
}

// wantRefused says that the document too must forbid a request.
func (v *validator) wantRefused(t *testing.T, method, path, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	route, params := v.match(r)
	err := openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
	if err == nil {
		t.Errorf("%s %s with %s is refused, but the document allows it", method, path, body)
	}
}

// frame holds a frame of a stream against the document.
func (v *validator) frame(t *testing.T, frame []byte) {
	t.Helper()
	var value any
	must(t, json.Unmarshal(frame, &value))
	if err := v.doc.Components.Schemas["StreamFrame"].Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("the document does not know this frame: %v\n%s", err, frame)
	}
}

func TestDocumentListsTheRoutes(t *testing.T) {
	var inDocument, inCode []string
	for path, item := range loadDocument(t).Paths.Map() {
		for method, operation := range item.Operations() {
			inDocument = append(inDocument, method+" "+path+" "+rolesOf(operation.Description))
		}
	}
	for _, r := range routes() {
		roles := make([]string, len(r.roles))
		for i := range r.roles {
			roles[i] = string(r.roles[i])
		}
		inCode = append(inCode, r.method+" "+r.path+" "+strings.Join(roles, ", "))
	}
	slices.Sort(inDocument)
	slices.Sort(inCode)
	if diff := cmp.Diff(inCode, inDocument); diff != "" {
		t.Errorf("operations with roles (-code +document):\n%s", diff)
	}
}

// rolesOf reads the roles from the end of a description.
func rolesOf(description string) string {
	_, roles, _ := strings.Cut(description, "Roles: ")
	return strings.TrimSuffix(strings.TrimSpace(roles), ".")
}

func TestDocumentSecuresWhatTheCodeDoes(t *testing.T) {
	doc := loadDocument(t)
	for _, r := range routes() {
		operation := doc.Paths.Value(r.path).GetOperation(r.method)
		bearer := operation.Security == nil // the document's default
		if bearer != (len(r.roles) > 0) {
			t.Errorf("%s %s: a token is asked for by the document: %v", r.method, r.path, bearer)
		}
		if _, has := operation.Responses.Map()["401"]; has != (bearer || r.path == "/webhooks/{namespace}/{address}") {
			t.Errorf("%s %s: 401 is documented: %v", r.method, r.path, has)
		}
	}
}

func TestDocumentListsTheConstants(t *testing.T) {
	doc := loadDocument(t)
	const events, plans, views = "../../event", "../../plan", "../../view"
	for schema, want := range map[string][]string{
		"State":                    constants(t, events, "State"),
		"StateReason":              constants(t, events, "Reason"),
		"OfferOutcome":             constants(t, events, "OfferOutcome"),
		"How":                      constants(t, events, "How"),
		"PresenceCause":            constants(t, events, "PresenceCause"),
		"ConsultOutcome":           constants(t, events, "ConsultOutcome"),
		"Via":                      slices.DeleteFunc(constants(t, events, "Via"), func(s string) bool { return s == "" }),
		"ItemType":                 constants(t, plans, "ItemType"),
		"BasePresence":             constants(t, plans, "Presence"),
		"AssignmentMethod":         constants(t, plans, "Method"),
		"ProblemReason":            append(constants(t, "..", ""), constants(t, events, "RejectionReason")...),
		"StreamEvent.type":         constants(t, views, "StreamType"),
		"TimelineMessage.delivery": constants(t, views, "Delivery"),
		"TimelineMessage.from":     constants(t, views, "Sender"),
		"StreamCommand.do":         operations(),
	} {
		name, property, _ := strings.Cut(schema, ".")
		s := doc.Components.Schemas[name].Value
		if property != "" {
			s = s.Properties[property].Value
		}
		var got []string
		for _, v := range s.Enum {
			got = append(got, v.(string))
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("%s (-code +document):\n%s", schema, diff)
		}
	}
}

func operations() []string {
	var list []string
	for _, op := range desk.Operations() {
		list = append(list, op.Name)
	}
	return list
}

// constants reads the texts of the constants of a type in a package; without a type those named Reason...
func constants(t *testing.T, dir, typ string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	must(t, err)
	var list []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		must(t, err)
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				value := spec.(*ast.ValueSpec)
				ident, _ := value.Type.(*ast.Ident)
				if len(value.Values) != 1 || typ == "" && !strings.HasPrefix(value.Names[0].Name, "Reason") ||
					typ != "" && (ident == nil || ident.Name != typ) {
					continue
				}
				text, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
				must(t, err)
				list = append(list, text)
			}
		}
	}
	return list
}

func TestDocumentIsServed(t *testing.T) {
	w := newWorld(t)
	w.api.Ready = func() bool { return false } // it is there before anything else is
	asYAML := httptest.NewRecorder()
	w.api.ServeHTTP(asYAML, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/openapi.yaml", nil))
	if !bytes.Equal(asYAML.Body.Bytes(), document) {
		t.Error("/openapi.yaml is not the document")
	}
	asJSON := httptest.NewRecorder()
	w.api.ServeHTTP(asJSON, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/openapi.json", nil))
	doc, err := openapi3.NewLoader().LoadFromData(asJSON.Body.Bytes())
	must(t, err)
	must(t, doc.Validate(t.Context()))
	if got, want := doc.Paths.Len(), loadDocument(t).Paths.Len(); got != want {
		t.Errorf("/openapi.json has %d paths, the document %d", got, want)
	}
}
