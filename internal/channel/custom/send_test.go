// SPDX-License-Identifier: Apache-2.0

package custom

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

var delivery = event.Delivery{
	ID: "d-1", Kind: event.DeliverMessage, Channel: "web", Conversation: "c-1", Item: "i-1",
	Message: "m-1", Agent: "Ann", Text: "Hello Mia", Time: 1_700_000_000_000_000,
}

// newSender returns a sender to callback whose secret is in a folder of its own.
func newSender(t *testing.T, callback, secret string) *Sender {
	t.Helper()
	dir := t.TempDir()
	if secret != "" {
		if err := os.WriteFile(filepath.Join(dir, "web.signingSecret"), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ch := &plan.Channel{Name: "web", Custom: &plan.Custom{Credentials: "web", CallbackURL: callback}}
	return NewSender(func(name string) *plan.Channel {
		if name == ch.Name {
			return ch
		}
		return nil
	}, credential.NewDir(dir, nil))
}

func TestSendPostsWhatTheReferenceBelieves(t *testing.T) {
	type request struct {
		header http.Header
		body   []byte
	}
	got := make(chan request, 2)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header, body}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer srv.Close()
	// The newest secret is first, and signs.
	s := newSender(t, srv.URL, vectorSecret+"\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n")
	ended := delivery
	ended.Kind, ended.ID, ended.Message, ended.Text, ended.Agent = event.DeliverEnd, "d-2", "", "", ""
	for _, d := range []event.Delivery{delivery, ended} {
		if err := s.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	ref, err := standardwebhooks.NewWebhook(vectorSecret)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"type":"message.created","timestamp":"2023-11-14T22:13:20Z","data":{"conversation":"c-1","item":"i-1",` +
			`"agent":{"name":"Ann"},"message":{"id":"m-1","text":"Hello Mia"}}}`,
		`{"type":"conversation.ended","timestamp":"2023-11-14T22:13:20Z","data":{"conversation":"c-1","item":"i-1"}}`,
	} {
		r := <-got
		if diff := cmp.Diff(want, string(r.body)); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		if err := ref.Verify(r.body, r.header); err != nil {
			t.Errorf("the reference says %v", err)
		}
		if id := r.header.Get(HeaderID); !strings.HasPrefix(id, "d-") {
			t.Errorf("webhook-id is %q, not the delivery's", id)
		}
		if !json.Valid(r.body) || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("not JSON: %s", r.header.Get("Content-Type"))
		}
	}
}

func TestSendClassifiesTheAnswer(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		status     int
		retryAfter string
		permanent  bool
		after      time.Duration
	}{
		"time-out":                       {status: 408},
		"too many":                       {status: 429, retryAfter: "7", after: 7 * time.Second},
		"too many, by date":              {status: 429, retryAfter: now.Add(time.Minute).Format(http.TimeFormat), after: time.Minute},
		"too many, date gone by":         {status: 429, retryAfter: now.Add(-time.Minute).Format(http.TimeFormat)},
		"too many, for a century":        {status: 429, retryAfter: "3153600000", after: maxRetryAfter},
		"too many, for less than none":   {status: 429, retryAfter: "-3"},
		"too many, nonsense":             {status: 429, retryAfter: "soon"},
		"broken":                         {status: 500},
		"unavailable":                    {status: 503, retryAfter: "2", after: 2 * time.Second},
		"gone":                           {status: 410, permanent: true},
		"not accepted":                   {status: 422, retryAfter: "9", permanent: true},
		"redirect":                       {status: 307, permanent: true},
		"a redirect that changes method": {status: 302, permanent: true},
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				t.Error("a redirect was followed")
			}))
			defer elsewhere.Close()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tc.retryAfter != "" {
					w.Header().Set("Retry-After", tc.retryAfter)
				}
				w.Header().Set("Location", elsewhere.URL)
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, "you wrote: Hello Mia")
			}))
			defer srv.Close()
			s := newSender(t, srv.URL+"?token=abc", vectorSecret)
			s.now = func() time.Time { return now }
			assertSendError(t, s.Send(t.Context(), delivery), tc.permanent, tc.after)
		})
	}
}

func assertSendError(t *testing.T, err error, permanent bool, after time.Duration) {
	t.Helper()
	e := (*SendError)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a SendError", err)
	}
	if e.Permanent != permanent || e.After != after {
		t.Errorf("%v: permanent %v after %s, want %v after %s", err, e.Permanent, e.After, permanent, after)
	}
	for _, secret := range []string{"token=abc", "Hello", vectorSecret} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q: %v", secret, err)
		}
	}
}

func TestSendFailsBeforeAnAnswer(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	gone := delivery
	gone.Channel = "other"
	for name, tc := range map[string]struct {
		callback, secret string
		delivery         event.Delivery
		permanent        bool
	}{
		"nobody listens":     {closed.URL + "?token=abc", vectorSecret, delivery, false},
		"no callback":        {"", vectorSecret, delivery, true},
		"no secret yet":      {closed.URL, "", delivery, false},
		"a broken secret":    {closed.URL, "whsec_%%%", delivery, false},
		"channel not there":  {closed.URL, vectorSecret, gone, false},
		"a URL that is none": {"http://[::1?token=abc", vectorSecret, delivery, true},
	} {
		t.Run(name, func(t *testing.T) {
			assertSendError(t, newSender(t, tc.callback, tc.secret).Send(t.Context(), tc.delivery), tc.permanent, 0)
		})
	}
}

func TestSendGivesUpWithItsContext(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer srv.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	assertSendError(t, newSender(t, srv.URL, vectorSecret).Send(ctx, delivery), false, 0)
}
