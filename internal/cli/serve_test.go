// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
)

const (
	testSpace = "contoso"
	patience  = time.Minute
)

// buffer is output that is read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// running is a command that goes on.
type running struct {
	t        *testing.T
	out, err buffer
	cancel   context.CancelFunc
	code     int           // once it has ended
	ended    chan struct{} // closed then
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.code = Run(ctx, args, Streams{In: strings.NewReader(""), Out: &r.out, Err: &r.err})
	}()
	t.Cleanup(func() { r.stop() }) // before its folders are removed
	return r
}

// stop ends the command as a signal does and returns its exit code.
func (r *running) stop() int {
	r.t.Helper()
	r.cancel()
	select {
	case <-r.ended:
		return r.code
	case <-time.After(patience):
		r.t.Fatal("the command does not end")
		return -1
	}
}

// until waits for what the pattern describes to be in b and returns it.
func (r *running) until(b *buffer, pattern string) []string {
	r.t.Helper()
	p := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(patience); ; {
		if m := p.FindStringSubmatch(b.String()); m != nil {
			return m
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("no %q in\n%s\nstderr:\n%s", pattern, r.out.String(), r.err.String())
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // output has no signal
	}
}

// once carries out a command that ends.
func once(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	code = Run(ctx, args, Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return code, o.String(), e.String()
}

// desk is a served copy of the Contoso sample.
type desk struct {
	*running

	files, data, url string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{files: t.TempDir(), data: filepath.Join(t.TempDir(), "data")}
	if err := os.CopyFS(d.files, os.DirFS("../../config/samples/contoso")); err != nil {
		t.Fatal(err)
	}
	d.serve(t)
	return d
}

func (d *desk) serve(t *testing.T) {
	t.Helper()
	d.running = start(t, "serve", "-f", d.files, "--data", d.data, "--dev", "--listen", "127.0.0.1:0", "-n", testSpace)
	d.url = d.until(&d.out, `Ready at (\S+)\n`)[1]
}

func (d *desk) as(who string) *apiclient.Client {
	d.t.Helper()
	return &apiclient.Client{BaseURL: d.url, Namespace: testSpace, Token: strings.TrimSpace(d.read("data", "dev", "tokens", who))}
}

func (d *desk) read(path ...string) string {
	d.t.Helper()
	body, err := os.ReadFile(filepath.Join(append([]string{filepath.Dir(d.data)}, path...)...))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(body)
}

// webhook speaks for the website behind an address.
func (d *desk) webhook(address string) *apiclient.Webhook {
	d.t.Helper()
	return &apiclient.Webhook{
		Client: &apiclient.Client{BaseURL: d.url, Namespace: testSpace}, Address: address,
		Secret: strings.TrimSpace(d.read("data", "credentials", "contoso-web.signingSecret")),
	}
}

// says has a customer write.
func (d *desk) says(conversation, text string) string {
	d.t.Helper()
	answer, err := d.webhook("contoso-web").Message(d.t.Context(), apiclient.Inbound{
		Conversation: conversation, Message: map[string]any{"text": text},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.Item
}

// get shows what the supervisor sees.
func (d *desk) get(args ...string) string {
	d.t.Helper()
	code, out, errOut := once(d.t, d.line(args...)...)
	if code != 0 {
		d.t.Fatalf("get %v: exit %d, %s", args, code, errOut)
	}
	return out
}

func (d *desk) line(args ...string) []string {
	return append([]string{
		"get", "--server", d.url, "-n", testSpace, "--token-file", filepath.Join(d.data, "dev", "tokens", "supervisor"),
	}, args...)
}

func TestServeHoldsAConversation(t *testing.T) {
	d := newDesk(t)
	item := d.says("c-1", "Where is my order?")
	alicia := d.as("agents/alicia")
	for _, step := range []struct {
		path string
		body any
	}{
		{"items/" + item + "/pick", nil},
		{"items/" + item + "/messages", map[string]string{"id": "r1", "text": "On its way."}},
		{"items/" + item + "/end", nil},
	} {
		if _, err := alicia.Do(t.Context(), step.path, step.body); err != nil {
			t.Fatalf("%s: %v", step.path, err)
		}
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit %d after the signal: %s", code, d.err.String())
	}
	// The journal and the tokens outlive the process.
	d.serve(t)
	messages, err := d.as("agents/alicia").Messages(t.Context(), item)
	if err != nil || len(messages) != 2 || messages[1].Text != "On its way." {
		t.Errorf("after a restart there is %+v, %v", messages, err)
	}
}

func TestServeReloads(t *testing.T) {
	d := newDesk(t)
	edit := func(file, from, to string) {
		path := filepath.Join(d.files, file)
		body, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(body), from) {
			t.Fatalf("%s has no %q: %v", file, from, err)
		}
		// As editors do: another file takes the place.
		if err := errors.Join(os.WriteFile(path+".new", []byte(strings.Replace(string(body), from, to, 1)), 0o600),
			os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
	}
	edit("queues.yaml", "priority: 1\n", "priority: 42\n")
	d.until(&d.out, `Reloaded: 3 workstreams`)
	if out := d.get("queues", "contoso-gold"); !strings.Contains(out, "42") {
		t.Errorf("the new priority does not act:\n%s", out)
	}

	edit("queues.yaml", "priority: 42\n", "priority: soon\n")
	d.until(&d.err, `queues\.yaml:\d+: error: Queue contoso-gold: spec\.priority`)
	d.until(&d.err, `the last good plan stays in force`)
	if out := d.get("queues", "contoso-gold"); !strings.Contains(out, "42") {
		t.Errorf("the last good plan does not go on:\n%s", out)
	}
	d.says("c-1", "Is anybody there?")

	edit("queues.yaml", "priority: soon\n", "priority: 42\n")
	d.until(&d.out, `Reloaded: the files are as they were`)

	if err := os.Remove(filepath.Join(d.files, "people.yaml")); err != nil {
		t.Fatal(err)
	}
	d.until(&d.out, `Reloaded: 3 workstreams, 5 queues, 0 agents`)
	if _, err := os.Stat(filepath.Join(d.data, "dev", "tokens", "agents", "alicia")); err == nil {
		t.Error("an agent who is gone still has a token")
	}
}

// What serve keeps may be within the folder that it serves: its keys are no manifests.
func TestServeItsOwnFolder(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../config/samples/contoso")); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{".workstream", "data"} {
		r := start(t, "serve", "-f", folder, "-R", "--dev", "--data", filepath.Join(folder, data), "--listen", "127.0.0.1:0")
		r.until(&r.out, `Ready at `)
		if code := r.stop(); code != 0 {
			t.Errorf("%s: exit code %d:\n%s", data, code, r.err.String())
		}
		if err := os.RemoveAll(filepath.Join(folder, data)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServeRefuses(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("apiVersion: routing.workstream.dev/v1alpha1\nkind: Queue\nmetadata: {name: q}\nspec: {type: Chat}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sound := "../../config/samples/contoso"
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"dev on all addresses":         {[]string{"-f", sound, "--dev", "--listen", ":8080"}, 2, "loopback"},
		"dev on another address":       {[]string{"-f", sound, "--dev", "--listen", "192.0.2.1:8080"}, 2, "loopback"},
		"dev on a name":                {[]string{"-f", sound, "--dev", "--listen", "localhost.example.com:8080"}, 2, "loopback"},
		"dev with metrics for all":     {[]string{"-f", sound, "--dev", "--admin-listen", "0.0.0.0:0"}, 2, "loopback"},
		"dev with credentials":         {[]string{"-f", sound, "--dev", "--credentials", "x"}, 2, "credentials"},
		"a folder with problems":       {[]string{"-f", broken}, 1, "broken.yaml:4: error: Queue q: spec.type"},
		"no files":                     {nil, 2, "filename"},
		"files that are not there":     {[]string{"-f", "none"}, 2, "none"},
		"files laid over a cluster":    {[]string{"-f", sound, "--over-cluster"}, 2, "over-cluster"},
		"a log level that is none":     {[]string{"-f", sound, "--log-level", "loud"}, 2, "loud"},
		"an address that is not there": {[]string{"-f", sound, "--listen", "192.0.2.1:1"}, 2, "192.0.2.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--data", filepath.Join(t.TempDir(), "data")}, tc.args...)
			code, out, errOut := once(t, args...)
			if code != tc.code || !strings.Contains(errOut, tc.says) || strings.Contains(out, "Ready") {
				t.Errorf("exit %d, want %d with %q:\n%s%s", code, tc.code, tc.says, out, errOut)
			}
		})
	}
}

// TestServeTakesCredentialsFromFiles has no --dev: the Distributor object's own issuer counts, and nobody else's.
func TestServeTakesCredentialsFromFiles(t *testing.T) {
	credentials, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	issuer, err := apiclient.NewIssuer("https://login.contoso.com", "workstream")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(credentials, "contoso-jwks.jwks.json"), issuer.JWKS(), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "serve", "-f", "../../config/samples/contoso", "--data", data, "--credentials", credentials, "--listen", "127.0.0.1:0",
		"-n", testSpace)
	url := r.until(&r.out, `Ready at (\S+)\n`)[1]
	r.until(&r.err, `warning: there is no \S+contoso-web\.signingSecret: .* 503`)
	if strings.Contains(r.out.String(), "token of") {
		t.Error("tokens without --dev")
	}
	token, err := issuer.Token("kayla@contoso.com", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(tokenVariable, token)
	code, out, errOut := once(t, "get", "queues", "-o", "name", "--server", url, "-n", testSpace)
	if code != 0 || !strings.Contains(out, "queue/contoso-gold\n") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
}

// TestReadmeConversation carries out what the README tells newcomers to type.
func TestReadmeConversation(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "openssl", "od"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not there: %v", tool, err)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, script, found := strings.Cut(string(readme), "```bash\nas() {")
	script, _, closed := strings.Cut(script, "\n```\n")
	if !found || !closed {
		t.Fatal("the README has no conversation any more")
	}
	d := newDesk(t)
	script, plugin, found := strings.Cut("as() {"+script, "\n./kubectl-workstream ")
	if !found || !strings.Contains(plugin, "--token-file .workstream/dev/tokens/supervisor") {
		t.Errorf("the README does not call the plugin with %q", plugin)
	}
	script = strings.ReplaceAll(strings.ReplaceAll(script, "http://127.0.0.1:8080", d.url), ".workstream/", d.data+"/")
	out, err := exec.CommandContext(t.Context(), "bash", "-eu", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for _, want := range []string{
		`"text":"Where is my order?"`, `"from":"agent","agent":"alicia","text":"On its way."`, `"step":"routed"`,
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}
