// SPDX-License-Identifier: Apache-2.0

package linear

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workstream.dev/operator/internal/distributor"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/apiclient"
)

const (
	namespace = "contoso"
	issuer    = "https://issuer.test"
	audience  = "workstream"
	// offerTime is how long an offer lives: the clock of these tests is fast in that everything that takes minutes
	// elsewhere takes a moment here.
	offerTime = 60 * time.Millisecond
)

var agents = []string{"ann", "bob", "cid"}

// childEnv makes the test binary a distributor on the folder that it names.
const childEnv = "WORKSTREAM_TEST_LINEAR"

// TestMain runs a distributor instead of the tests when it is asked to.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// child is a distributor until it is killed. It says where it is on its output.
func child(dir string) int {
	a, err := start(dir)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = fmt.Fprintln(os.Stdout, a.Addr())
	select {}
}

// start starts a distributor on a folder, with the plan that is there.
func start(dir string) (*distributor.App, error) {
	a, err := distributor.New(distributor.Config{
		Namespace: namespace, Distributor: "default", Replica: "linear-0", Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		DataDir: filepath.Join(dir, "data"), CredentialsDir: filepath.Join(dir, "credentials"), SnapshotEntries: 200,
		CheckInvariants: true,
	})
	if err != nil {
		return nil, err
	}
	if err := a.Start(context.Background()); err != nil {
		return nil, err
	}
	body, err := os.ReadFile(filepath.Join(dir, "plan.json"))
	if err != nil {
		return nil, err
	}
	version, err := os.ReadFile(filepath.Join(dir, "plan.version"))
	if err != nil {
		return nil, err
	}
	return a, a.Activate(context.Background(), string(version), body)
}

// world is what outlives a restart.
type world struct {
	t      *testing.T
	dir    string
	issuer *apiclient.Issuer
	secret string
	addr   atomic.Pointer[string]
	tokens map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	is, err := apiclient.NewIssuer(issuer, audience)
	check(t, err)
	w := &world{t: t, dir: t.TempDir(), issuer: is, secret: apiclient.NewSigningSecret(), tokens: map[string]string{}}
	check(t, os.Mkdir(filepath.Join(w.dir, "credentials"), 0o700))
	p := thePlan()
	body, version, err := p.Encode()
	check(t, err)
	for name, content := range map[string][]byte{
		"credentials/web.signingSecret": []byte(w.secret), "credentials/keys.jwks.json": is.JWKS(),
		"plan.json": body, "plan.version": []byte(version),
	} {
		check(t, os.WriteFile(filepath.Join(w.dir, name), content, 0o600))
	}
	for _, subject := range agents {
		w.tokens[subject], err = is.Token(subject, time.Hour)
		check(t, err)
	}
	w.tokens["sue"], err = is.Token("sue", time.Hour, "Supervisor", "Integration")
	check(t, err)
	return w
}

func thePlan() *plan.Plan {
	presences := []plan.Presence{plan.Available, plan.Busy}
	// Nothing happens by itself but that offers come and go: the model knows no other timer.
	p := &plan.Plan{
		Namespace: namespace,
		Workstreams: []plan.Workstream{
			{
				Name: "chat", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 10, AllowedPresences: presences,
				PickFromPush: true, Offer: plan.Offer{Timeout: offerTime, ReofferAfter: 5 * time.Millisecond, MaxDeclines: 1000},
				WrapUp: plan.WrapUp{Block: plan.BlockNever}, Lifecycle: plan.Lifecycle{Waits: true},
				Routing: plan.Routing{Fallback: "general"},
			},
			{
				Name: "cases", Type: plan.Record, RecordType: "case", Mode: plan.Pick, Units: 10, AllowedPresences: presences,
				Offer: plan.Offer{Timeout: offerTime}, Routing: plan.Routing{Fallback: "backlog"},
			},
		},
		Channels: []plan.Channel{{
			Name: "web", Workstream: "chat", Type: "Custom", Custom: &plan.Custom{Address: "web", Credentials: "web"},
		}},
		Queues: []plan.Queue{
			{Name: "backlog", Type: plan.Record, Priority: 100, Method: plan.RoundRobin},
			{Name: "general", Type: plan.Messaging, Priority: 100, Method: plan.RoundRobin},
		},
		Issuers: []plan.Issuer{{Issuer: issuer, Audiences: []string{audience}, JWKSFile: "keys.jwks.json", RolesClaim: "roles"}},
	}
	for i := range p.Workstreams {
		if err := p.Workstreams[i].SetRevision(); err != nil {
			panic(err)
		}
	}
	for _, name := range agents {
		p.Agents = append(p.Agents, plan.Agent{
			Name: name, Subject: name, Roles: []plan.Role{plan.RoleAgent}, Units: 60, Queues: []string{"backlog", "general"},
		})
	}
	return p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// client is a caller of the distributor wherever it is now.
func (w *world) client(who string) *apiclient.Client {
	return &apiclient.Client{BaseURL: "http://" + *w.addr.Load(), Namespace: namespace, Token: w.tokens[who]}
}

// inProcess starts a distributor beside the test.
func (w *world) inProcess() {
	w.t.Helper()
	a, err := start(w.dir)
	check(w.t, err)
	w.t.Cleanup(func() { check(w.t, a.Stop(context.Background())) })
	addr := a.Addr()
	w.addr.Store(&addr)
}

// process starts a distributor that can be killed.
func (w *world) process() *exec.Cmd {
	w.t.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+w.dir)
	complaints := &bytes.Buffer{}
	cmd.Stderr = complaints
	out, err := cmd.StdoutPipe()
	check(w.t, err)
	check(w.t, cmd.Start())
	buf := make([]byte, 256)
	n, err := out.Read(buf)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		w.t.Fatalf("the distributor did not start: %v\n%s", err, complaints)
	}
	addr := strings.TrimSpace(string(buf[:n]))
	w.addr.Store(&addr)
	return cmd
}

// kill ends a process at once.
func (w *world) kill(cmd *exec.Cmd) {
	w.t.Helper()
	check(w.t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
}
