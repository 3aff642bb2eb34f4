// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// child is a distributor in a process of its own. It gets the plan from a file, writes its address to another, and ends
// by a signal.
func child(dir string) int {
	a, err := New(Config{
		Namespace: testNamespace, Distributor: "default", Replica: "child-0",
		Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		DataDir: filepath.Join(dir, "data"), CredentialsDir: filepath.Join(dir, "credentials"), SnapshotEntries: 50,
	})
	if err != nil {
		return complain(err)
	}
	if err := a.Start(context.Background()); err != nil {
		return complain(err)
	}
	if a.view.PlanVersion() == "" {
		body, err := os.ReadFile(filepath.Join(dir, "plan.json"))
		if err != nil {
			return complain(err)
		}
		if err := a.Activate(context.Background(), os.Getenv("WORKSTREAM_TEST_PLAN"), body); err != nil {
			return complain(err)
		}
	}
	_, _ = fmt.Fprintln(os.Stdout, a.Addr())
	return complain(<-a.failed)
}

func complain(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

type process struct {
	*exec.Cmd
	addr string
}

func (w *world) startChild() *process {
	w.t.Helper()
	check(w.t, os.WriteFile(filepath.Join(w.dir, "plan.json"), w.plan, 0o600))
	cmd := exec.CommandContext(context.Background(), os.Args[0]) // the test binary itself
	cmd.Env = append(os.Environ(), childEnv+"="+w.dir, "WORKSTREAM_TEST_PLAN="+w.version)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(w.t, err)
	check(w.t, cmd.Start())
	buf := make([]byte, 256)
	n, err := out.Read(buf)
	if err != nil {
		_ = cmd.Process.Kill()
		w.t.Fatalf("the child did not start: %v", err)
	}
	return &process{Cmd: cmd, addr: strings.TrimSpace(string(buf[:n]))}
}

// TestProcessKilledUnderLoad kills a real process with SIGKILL while clients send, three times. Whoever was answered
// 202 is there at the end, once; whoever was not sends again with the same webhook id, and is there once, too.
func TestProcessKilledUnderLoad(t *testing.T) {
	w := newWorld(t)
	items := map[string]string{} // webhook id -> item
	for round := range 3 {
		p := w.startChild()
		maps.Copy(items, w.sendUntilKilled(p, round))
	}
	a := w.start()
	for id, item := range items {
		body := fmt.Appendf(nil, `{"type":"message.created","data":{"conversation":%q,"message":{"text":"hi"}}}`, id)
		answer, err := w.webhook(a).Post(t.Context(), id, time.Now(), body)
		check(t, err)
		if item != "" && (answer.Item != item || !answer.Duplicate) {
			t.Errorf("%s was answered with %s before the crash, now with %+v", id, item, answer)
		}
	}
	all := list(t, w, a)
	if len(all) != len(items) {
		t.Errorf("%d items of %d webhooks", len(all), len(items))
	}
	unanswered := 0
	for _, item := range items {
		if item == "" {
			unanswered++
		}
	}
	t.Logf("%d webhooks, %d of them without an answer", len(items), unanswered)
}

// sendUntilKilled returns the webhook ids that were sent, with the item of those that were answered.
func (w *world) sendUntilKilled(p *process, round int) map[string]string {
	w.t.Helper()
	var mu sync.Mutex
	ids := map[string]string{}
	hook := &apiclient.Webhook{
		Client: &apiclient.Client{BaseURL: "http://" + p.addr, Namespace: testNamespace}, Address: "contoso-web", Secret: w.secret,
	}
	var senders sync.WaitGroup
	for s := range 8 {
		senders.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("evt-%d-%d-%d", round, s, n)
				body := fmt.Appendf(nil, `{"type":"message.created","data":{"conversation":%q,"message":{"text":"hi"}}}`, id)
				answer, err := hook.Post(context.Background(), id, time.Now(), body)
				mu.Lock()
				ids[id] = answer.Item
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	w.eventually(func() string {
		mu.Lock()
		defer mu.Unlock()
		if len(ids) < 150 {
			return fmt.Sprintf("%d webhooks sent", len(ids))
		}
		return ""
	})
	check(w.t, p.Process.Signal(syscall.SIGKILL))
	senders.Wait()
	_ = p.Wait() // it was killed
	return ids
}
