// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/desk"
)

func TestPlainFramesAreReadAlike(t *testing.T) {
	for frame, plainly := range map[string]bool{
		`{"id":"7","do":"accept","target":"i1-o1"}`:            true,
		`{"do":"end","target":"i1","id":"7"}`:                  true,
		`{"id":"7","do":"end"}`:                                true,
		`{"id":"7","do":"end","target":"i1","body":{}}`:        false,
		`{"id":"7", "do":"end","target":"i1"}`:                 false,
		`{"id":"7","do":"end","target":"a\u0041"}`:             false,
		`{"id":"7","do":"end","target":"caf\u00e9"}`:           false,
		"{\"id\":\"7\",\"do\":\"end\",\"target\":\"caf\xe9\"}": false,
		`{"id":"7","id":"8","do":"end"}`:                       false,
		`{"ID":"7","do":"end"}`:                                false,
		`{"id":"","do":"end"}`:                                 false,
		`{"id":"7","do":"end"`:                                 false,
		`{"id":"7","do":"end"}}`:                               false,
		`{"id":"7","do":"end",}`:                               false,
		`{"id":"7","do":"end","more":"x"}`:                     false,
		`{"id":7,"do":"end"}`:                                  false,
		`{}`:                                                   false, `{`: false, ``: false, `{"`: false, `{"id`: false, `{"id":`: false, `{"id":"`: false,
	} {
		got, ok := plain([]byte(frame))
		if ok != plainly {
			t.Errorf("%s: plain %t", frame, ok)
		}
		if !ok {
			continue
		}
		var want command
		if err := ingress.Decode([]byte(frame), &want); err != nil {
			t.Fatalf("%s is refused otherwise: %v", frame, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-long way +plain):\n%s", frame, diff)
		}
	}
}

// FuzzPlain: what is read plainly is read alike the long way.
func FuzzPlain(f *testing.F) {
	f.Add([]byte(`{"id":"7","do":"accept","target":"i1-o1"}`))
	f.Add([]byte(`{"id":"7","do":"","target":"\u0000"}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		got, ok := plain(frame)
		if !ok {
			return
		}
		var want command
		if err := ingress.Decode(frame, &want); err != nil {
			t.Fatalf("%q is refused otherwise: %v", frame, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-long way +plain):\n%s", frame, diff)
		}
	})
}

func TestPlainRepliesAreWrittenAlike(t *testing.T) {
	for _, a := range []desk.Answer{
		{},
		{Item: "i1", Offer: "i1-o1", Message: "m", Duplicate: true},
		{Item: "i1"},
		{Message: "m-1"},
		{Item: `a"b`},
		{Item: "a<b"},
		{Item: "caf\u00e9"},
		{Message: "\u2028"},
		{Offer: "\x7f"},
	} {
		r := reply{Type: "answer", ID: "7", Status: http.StatusOK, Body: a}
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := r.plain(&a); ok && string(got) != string(want) {
			t.Errorf("plain %s\nlong  %s", got, want)
		}
	}
}
