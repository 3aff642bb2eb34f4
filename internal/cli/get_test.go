// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"workstream.dev/operator/internal/testkit/apiclient"
)

func TestGetShowsItems(t *testing.T) {
	d := newDesk(t)
	var ids []string
	for _, c := range []string{"c-1", "c-2", "c-3"} {
		ids = append(ids, d.says(c, "a text of the customer"))
	}
	if _, err := d.as("agents/alicia").Do(t.Context(), "items/"+ids[0]+"/pick", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.as("supervisor").Do(t.Context(), "items/"+ids[2]+"/force-close", nil); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args string
		want []int // of ids, in order
	}{
		{"", []int{1, 0}},
		{"--all", []int{2, 1, 0}},
		{"--state Open", []int{1}},
		{"--state Active,Closed", []int{2, 0}},
		{"--agent alicia", []int{0}},
		{"--queue contoso-gold", nil},
		{"--workstream contoso-chat-workstream --limit 1", []int{1}},
		{"--all --limit 0", []int{2, 1, 0}},
	} {
		var want strings.Builder
		for _, i := range tc.want {
			want.WriteString("item/" + ids[i] + "\n")
		}
		if got := d.get(append([]string{"items", "-o", "name"}, strings.Fields(tc.args)...)...); got != want.String() {
			t.Errorf("items %s:\n%swant\n%s", tc.args, got, want.String())
		}
	}
	table := strings.Fields(strings.Split(d.get("items", "--state", "Active"), "\n")[1])
	if want := []string{ids[0], "Active", "contoso-chat-workstream", "contoso-default", "alicia", "100"}; strings.Join(table[:6], " ") != strings.Join(want, " ") {
		t.Errorf("row %q, want %q", table, want)
	}
	if wide := d.get("items", "-o", "wide"); !strings.Contains(wide, "contoso-web") || !strings.Contains(wide, "AwaitingAgentAssignment") {
		t.Errorf("wide:\n%s", wide)
	}
}

// TestListsDoNotShowCustomers looks for what was said and who said it; one item by its id shows what the API shows.
func TestListsDoNotShowCustomers(t *testing.T) {
	d := newDesk(t)
	w := apiclient.Webhook{
		Client: &apiclient.Client{BaseURL: d.url, Namespace: testSpace}, Address: "contoso-web",
		Secret: strings.TrimSpace(d.read("data", "credentials", "contoso-web.signingSecret")),
	}
	answer, err := w.Message(t.Context(), apiclient.Inbound{
		Conversation: "c-1", Message: map[string]any{"text": "marker-text"}, Customer: map[string]any{"id": "marker-id", "name": "marker-name"},
		Context: map[string]any{"CustomerType": "marker-value"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"table", "wide", "json", "yaml", "name"} {
		if out := d.get("items", "-o", format); strings.Contains(out, "marker") || !strings.Contains(out, answer.Item) {
			t.Errorf("-o %s:\n%s", format, out)
		}
	}
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(d.get("items", "-o", "json")), &list); err != nil || len(list.Items) != 1 {
		t.Errorf("json: %v, %v", list, err)
	}
	var one map[string]any
	if err := yaml.Unmarshal([]byte(d.get("items", answer.Item, "-o", "yaml")), &one); err != nil || one["attributes"] == nil {
		t.Errorf("yaml of one: %v, %v", one, err)
	}
}

func TestGetShowsQueuesAndAgents(t *testing.T) {
	d := newDesk(t)
	d.says("c-1", "hello")
	if out := d.get("queues", "contoso-default"); !strings.Contains(out, "contoso-default   Messaging   100        1         0") {
		t.Errorf("queues:\n%s", out)
	}
	if out := d.get("agent", "malik", "-o", "wide"); !strings.Contains(out, "contoso-emails:0/5") || strings.Contains(out, "alicia") {
		t.Errorf("agents:\n%s", out)
	}
}

func TestWatchShowsChanges(t *testing.T) {
	d := newDesk(t)
	first := d.says("c-1", "hello")
	watch := start(t, d.line("items", "--watch")...)
	watch.until(&watch.out, first+` +Open`)
	jsons := start(t, d.line("agents", "-w", "-o", "json")...)
	jsons.until(&jsons.out, `"name": "malik"`)
	second := d.says("c-2", "hello")
	watch.until(&watch.out, second+` +Open`)
	if _, err := d.as("agents/alicia").Do(t.Context(), "items/"+first+"/pick", nil); err != nil {
		t.Fatal(err)
	}
	watch.until(&watch.out, first+` +Active +\S+ +\S+ +alicia`)
	jsons.until(&jsons.out, `"items": \[\n +"`+first)
	if _, err := d.as("supervisor").Do(t.Context(), "items/"+first+"/force-close", nil); err != nil {
		t.Fatal(err)
	}
	watch.until(&watch.out, first+` +Closed`)
	if code := watch.stop(); code != 0 {
		t.Errorf("exit %d: %s", code, watch.err.String())
	}
	if n := strings.Count(watch.out.String(), second); n != 1 {
		t.Errorf("what did not change is shown %d times:\n%s", n, watch.out.String())
	}
	jsons.stop()
}

// TestWatchOutlivesARestart of the distributor: requests that fail are tried again.
func TestWatchOutlivesARestart(t *testing.T) {
	d := newDesk(t)
	listen := strings.TrimPrefix(d.url, "http://")
	watch := start(t, d.line("queues", "-w")...)
	watch.until(&watch.out, `contoso-default +Messaging +100 +0`)
	d.stop()
	watch.until(&watch.err, `trying again`)
	d.running = start(t, "serve", "-f", d.files, "--data", d.data, "--dev", "--listen", listen, "-n", testSpace)
	d.until(&d.out, `Ready at`)
	d.says("c-1", "hello")
	watch.until(&watch.out, `contoso-default +Messaging +100 +1`)
	watch.stop()
}

func TestGetTellsWhatIsWrong(t *testing.T) {
	t.Setenv(tokenVariable, "")
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	d := newDesk(t)
	bad := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(bad, []byte("a.b.c"), 0o600); err != nil {
		t.Fatal(err)
	}
	alicia := filepath.Join(d.data, "dev", "tokens", "agents", "alicia")
	supervisor := filepath.Join(d.data, "dev", "tokens", "supervisor")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer other.Close()
	for says, args := range map[string][]string{
		"--token-file":                    {"--server", d.url, "-n", testSpace},
		"no such file":                    {"--server", d.url, "-n", testSpace, "--token-file", bad + "x"},
		"answered 401":                    {"--server", d.url, "-n", testSpace, "--token-file", bad},
		"answered 403":                    {"--server", d.url, "-n", testSpace, "--token-file", alicia},
		`namespace "other" is not served`: {"--server", d.url, "-n", "other", "--token-file", supervisor},
		"a URL is expected":               {"--server", "contoso:8080", "-n", testSpace, "--token-file", supervisor},
		"is no distributor":               {"--server", other.URL, "-n", testSpace, "--token-file", supervisor},
		"asking the distributor":          {"--server", "http://127.0.0.1:1", "-n", testSpace, "--token-file", supervisor},
		"name it with --server":           {"-n", testSpace, "--token-file", supervisor},
		`there is no queue "none"`:        {"none", "--server", d.url, "-n", testSpace, "--token-file", supervisor},
		`there is no format "csv"`:        {"-o", "csv", "--server", d.url},
	} {
		code, out, errOut := once(t, append([]string{"get", "queues"}, args...)...)
		if code != 2 || out != "" || !strings.Contains(errOut, says) {
			t.Errorf("%v: exit %d, %q, want %q", args, code, out+errOut, says)
		}
	}
	for says, args := range map[string][]string{
		"answered 404 UnknownItem": {"none"},
		`--state "open"`:           {"--state", "open"},
		"--limit -1":               {"--limit=-1"},
	} {
		code, _, errOut := once(t, append(d.line("items"), args...)...)
		if code != 2 || !strings.Contains(errOut, says) {
			t.Errorf("%v: exit %d, %q, want %q", args, code, errOut, says)
		}
	}
}
