// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/manifest"
)

// clusterOf serves the objects of a folder as an API server does, two on a page. secrets are those that exist, by name with
// their keys; nil forbids to read any.
func clusterOf(t *testing.T, folder string, secrets map[string][]string) *httptest.Server {
	t.Helper()
	loader := manifest.Loader{Namespace: "contoso"}
	set, problems := loader.Load(folder)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	refuse := func(w http.ResponseWriter, code int, reason string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d}`, reason, code)
	}
	mux := http.NewServeMux()
	for _, kind := range manifest.Kinds() {
		var all []manifest.Object
		for _, e := range set.Entries() {
			if e.Kind == kind.Name {
				all = append(all, e.Object)
			}
		}
		mux.HandleFunc("/apis/"+v1alpha1.GroupVersion.String()+"/namespaces/contoso/"+kind.Plural, func(w http.ResponseWriter, r *http.Request) {
			var from int
			_, _ = fmt.Sscan(r.URL.Query().Get("continue"), &from)
			next := ""
			page := all[from:]
			if len(page) > 2 {
				page, next = page[:2], strconv.Itoa(from+2)
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"metadata": map[string]any{"continue": next}, "items": page})
		})
	}
	mux.HandleFunc("/api/v1/namespaces/contoso/secrets/{name}", func(w http.ResponseWriter, r *http.Request) {
		keys, ok := secrets[r.PathValue("name")]
		switch {
		case secrets == nil:
			refuse(w, http.StatusForbidden, "Forbidden")
		case !ok:
			refuse(w, http.StatusNotFound, "NotFound")
		default:
			data := map[string]string{}
			for _, k := range keys {
				data[k] = "c2VjcmV0"
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "NotFound") })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// kubeconfig writes one whose current context is the namespace contoso of a server.
func kubeconfig(t *testing.T, url string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	body := `{"clusters":[{"name":"c","cluster":{"server":"` + url + `"}}],"users":[{"name":"u","user":{}}],` +
		`"contexts":[{"name":"x","context":{"cluster":"c","user":"u","namespace":"contoso"}}],"current-context":"x"}`
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestCluster: the objects of a cluster, and files that are laid over them.
func TestCluster(t *testing.T) {
	sound := map[string][]string{"web": {"signingSecret"}}
	change := `{"apiVersion": "routing.workstream.dev/v1alpha1", "kind": "RoutingRuleset", "metadata": {"name": "queues"},
		"spec": {"type": "RouteToQueue", "rules": [{"name": "all", "route": {"queueRef": {"name": "night"}}}]}}`
	for name, tc := range map[string]struct {
		secrets map[string][]string
		stdin   string
		args    string
		want    []string
		code    int
	}{
		"alone":                     {secrets: sound, args: "lint", want: []string{"namespace contoso: info: Workstream chat", "10 objects: 0 errors"}},
		"a Secret is not there":     {secrets: map[string][]string{}, args: "lint", want: []string{`there is no Secret "web" [SecretNotFound]`}, code: 1},
		"a Secret lacks its key":    {secrets: map[string][]string{"web": {"other"}}, args: "lint", want: []string{`Secret "web" has no key "signingSecret"`}, code: 1},
		"Secrets cannot be read":    {args: "lint -v", want: []string{"10 objects: 0 errors", "Secret web of namespace contoso is taken to be there"}},
		"with a file over it":       {secrets: sound, args: "lint -f - --over-cluster", stdin: change, want: []string{`-:2: error: RoutingRuleset queues: spec.rules[0](all).route.queueRef: there is no Queue "night"`, "10 objects"}, code: 1},
		"its tests":                 {secrets: sound, args: "test", want: []string{"ok    RoutingRuleset contoso/queues  2 tests"}},
		"tests in files":            {secrets: sound, args: "test -f testdata/good/chat.routingtest.yaml --over-cluster", want: []string{"5 tests: 5 passed"}},
		"an item that could come":   {secrets: sound, args: "explain --given testdata/good/gold.given.yaml", want: []string{"agents of queue vip"}},
		"another namespace":         {secrets: sound, args: "lint -n fabrikam", want: []string{"error: the cluster has no workstreams", "are not installed"}, code: 2},
		"objects of another one":    {secrets: sound, args: "lint -f testdata/good -n contoso --over-cluster", want: []string{"10 objects: 0 errors"}},
		"a context that is not one": {secrets: sound, args: "lint --context y", want: []string{"error: reading the kubeconfig", "specified context: y"}, code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := clusterOf(t, "testdata/good", tc.secrets)
			args := append(strings.Fields(tc.args), "--kubeconfig", kubeconfig(t, s.URL))
			out := run(t, tc.stdin, args...)
			for _, want := range append(tc.want, fmt.Sprintf("exit %d\n", tc.code)) {
				if !strings.Contains(out, want) {
					t.Errorf("there is no %q in:\n%s", want, out)
				}
			}
			if strings.Contains(out, "c2VjcmV0") {
				t.Error("a secret is told")
			}
		})
	}
}
