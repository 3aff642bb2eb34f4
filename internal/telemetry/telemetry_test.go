// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"workstream.dev/operator/internal/version"
)

func TestLoggerWritesJSONFromItsLevelOn(t *testing.T) {
	var out bytes.Buffer
	log, err := NewLogger(&out, "warn")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("Not this")
	log.Warn("This", "key", "value")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is not one JSON object: %v", out.String(), err)
	}
	if line["msg"] != "This" || line["key"] != "value" || line["level"] != "WARN" {
		t.Errorf("got %v", line)
	}
}

func TestLoggerRefusesAnUnknownLevel(t *testing.T) {
	if _, err := NewLogger(&bytes.Buffer{}, "loud"); err == nil || !strings.Contains(err.Error(), `"loud"`) {
		t.Errorf("got %v, want an error that names the level", err)
	}
}

func TestRegistriesAreApartAndSayWhatRuns(t *testing.T) {
	NewRegistry() // a second one must not clash
	w := httptest.NewRecorder()
	Handler(NewRegistry()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{`workstream_build_info{version="` + version.String() + `"} 1`, "go_goroutines", "process_open_fds"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, w.Body.String())
		}
	}
}
