// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"workstream.dev/operator/internal/event"
)

// TestEveryRefusalHasAStatus reads the engine's reasons from its source: one that is added must be given a status.
func TestEveryRefusalHasAStatus(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../event/reason.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[event.RejectionReason]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "RejectionReason" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found[event.RejectionReason(text)] = true
		}
		return false
	})
	if len(found) < 20 {
		t.Fatalf("found %d reasons only", len(found))
	}
	for reason := range found {
		if rejections[reason] == 0 {
			t.Errorf("%s has no status", reason)
		}
	}
	for reason := range rejections {
		if !found[reason] {
			t.Errorf("%s is no reason of the engine", reason)
		}
	}
}

func TestRejectedTellsWhenToComeBack(t *testing.T) {
	for reason, after := range map[event.RejectionReason]string{event.NoPlan: "1", event.OfferExpired: ""} {
		rec := httptest.NewRecorder()
		Rejected(&event.Rejection{Reason: reason, Message: "m"}).Write(rec)
		if got := rec.Header().Get("Retry-After"); got != after {
			t.Errorf("%s: Retry-After %q, want %q", reason, got, after)
		}
	}
}

func TestFailedKnowsTheErrorsOfADoer(t *testing.T) {
	for err, reason := range map[error]string{
		ErrFull: ReasonJournalFull, ErrStopping: ReasonStopping, ErrNotReady: ReasonNotReady, ErrBusy: ReasonBusy,
		ErrUncertain: ReasonUncertain, context.DeadlineExceeded: ReasonUncertain,
	} {
		p := Failed(fmt.Errorf("doing it: %w", err))
		if p == nil || p.Reason != reason || p.Status != http.StatusServiceUnavailable || p.RetryAfter == 0 {
			t.Errorf("%v gives %+v", err, p)
		}
	}
	for _, err := range []error{errors.New("a bug"), context.Canceled} {
		if p := Failed(err); p != nil {
			t.Errorf("%v gives %+v, want nothing to tell the caller", err, p)
		}
	}
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	type inner struct {
		Count int    `json:"count"`
		Flag  bool   `json:"flag"`
		Names []int  `json:"names"`
		Text  string `json:"text"`
	}
	type outer struct {
		Inner inner `json:"inner"`
	}
	for body, want := range map[string]string{
		" \n":                               "400 MalformedBody  the body is empty",
		"{\"inner\":\n{\"count\": x}}":      "400 MalformedBody  the body is not JSON: byte 21 (line 2, column 11)",
		`{"inner":{`:                        "400 MalformedBody  the body is not JSON: byte 10 (line 1, column 10): the JSON ends",
		`{"inner":{}} x`:                    "400 MalformedBody  the body is not JSON: byte 13",
		`{"inner":{"cuont":1}}`:             `422 InvalidField cuont there is no field "cuont" here`,
		`{"inner":{"count":"private"}}`:     "422 InvalidField inner.count inner.count must be a JSON number, not a string",
		`{"inner":{"count":12345.6}}`:       "422 InvalidField inner.count inner.count must be a JSON number, not a number",
		`{"inner":{"flag":[]}}`:             "422 InvalidField inner.flag inner.flag must be a JSON boolean, not a list",
		`{"inner":{"names":{"private":1}}}`: "422 InvalidField inner.names inner.names must be a JSON list, not an object",
		`{"inner":{"text":true}}`:           "422 InvalidField inner.text inner.text must be a JSON string, not a boolean",
		`"private"`:                         "422 InvalidField  the body must be a JSON object, not a string",
	} {
		err := Decode([]byte(body), &outer{})
		p := (*Problem)(nil)
		if !errors.As(err, &p) {
			t.Errorf("%s: got %v", body, err)
			continue
		}
		if got := fmt.Sprintf("%d %s %s %s", p.Status, p.Reason, p.Field, p.Detail); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		} else if strings.Contains(got, "private") || strings.Contains(got, "12345") {
			t.Errorf("%s: the problem repeats the value: %s", body, got)
		}
	}
	if err := DecodeLoose([]byte(`{"inner":{"cuont":1}}`), &outer{}); err != nil {
		t.Errorf("loosely: %v", err)
	}
}

func TestReadBody(t *testing.T) {
	read := func(body, contentType string) (string, error) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		got, err := ReadBody(httptest.NewRecorder(), r)
		return string(got), err
	}
	largest := strings.Repeat("x", MaxBody)
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8", "application/cloudevents+json"} {
		if got, err := read(largest, contentType); err != nil || got != largest {
			t.Errorf("%s, the largest body: %d bytes, %v", contentType, len(got), err)
		}
	}
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "json;;"} {
		p := (*Problem)(nil)
		if _, err := read("{}", contentType); !errors.As(err, &p) || p.Status != http.StatusUnsupportedMediaType {
			t.Errorf("%q: got %v", contentType, err)
		}
	}
	p := (*Problem)(nil)
	if _, err := read(largest+"x", "application/json"); !errors.As(err, &p) || p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("one byte too many: got %v", err)
	}
}

// TestTooLargeIsAnsweredToASenderWhoGoesOn is about the wire: a client that is still writing must read the answer.
func TestTooLargeIsAnsweredToASenderWhoGoesOn(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := ReadBody(w, r)
		if p := (*Problem)(nil); errors.As(err, &p) {
			p.Write(w)
		}
	}))
	defer srv.Close()
	for range 20 {
		resp, err := http.Post(srv.URL, "application/json", strings.NewReader(strings.Repeat("x", 1<<20)))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Fatalf("got %d", resp.StatusCode)
		}
	}
}

func TestDigestPassesOverWhiteSpaceOnly(t *testing.T) {
	same := Digest("record", []byte(`{"id": "a b"}`))
	if got := Digest("record", []byte("{\n\"id\":\"a b\"}")); got != same {
		t.Error("white space between tokens counts")
	}
	for word, value := range map[string]string{"record": `{"id":"ab"}`, "other": `{"id":"a b"}`, "broken": `{"id`} {
		if Digest(word, []byte(value)) == same {
			t.Errorf("%s %s has the same digest", word, value)
		}
	}
}

func TestIDsSortByTime(t *testing.T) {
	last := ""
	for range 1000 {
		id := NewID()
		if id <= last || len(id) != 36 {
			t.Fatalf("%s comes after %s", id, last)
		}
		last = id
	}
}
