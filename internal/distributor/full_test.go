// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/coder/websocket"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
)

// TestFullVolumeRefusesIntakeAndKeepsWhatItHas fills a real, small volume.
func TestFullVolumeRefusesIntakeAndKeepsWhatItHas(t *testing.T) {
	w := newWorld(t)
	mount := filepath.Join(w.dir, "volume")
	check(t, os.Mkdir(mount, 0o700))
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("SKIPPED: a volume cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { check(t, syscall.Unmount(mount, 0)) })
	onVolume := func(a *App) {
		a.cfg.DataDir = filepath.Join(mount, "data")
		a.cfg.CheckInvariants = false
		a.cfg.SnapshotEntries = 1 << 30
	}
	a := w.start(onVolume)
	t.Cleanup(func() { _ = a.Stop(context.Background()) }) // before the unmount
	kept := w.say(a, "c-kept", "hello")
	ballast := filepath.Join(mount, "ballast")
	fill(t, ballast, 42<<20)

	status, reason := 0, ""
	w.eventually(func() string {
		_, err := w.webhook(a).Message(t.Context(), message("c-x", strings.Repeat("x", 30_000)))
		if status, reason = problem(err); status == 0 {
			return fmt.Sprintf("it is still taken in: %v", err)
		}
		return ""
	})
	if status != http.StatusServiceUnavailable || reason != "JournalFull" {
		t.Errorf("full: %d %s, want 503 JournalFull", status, reason)
	}
	sue := w.client(a, "sue", "Supervisor")
	if it, err := sue.Item(t.Context(), kept.Item); err != nil || it.State != "Open" {
		t.Errorf("while it is full: %+v, %v; want what it had", it, err)
	}
	if status, why := get(t, "http://"+a.AdminAddr()+"/readyz"); status != http.StatusOK {
		t.Errorf("while it is full: not ready, %s", why)
	}
	check(t, os.Remove(ballast))
	w.eventually(func() string {
		if _, err := w.webhook(a).Message(t.Context(), message("c-after", "hello")); err != nil {
			return err.Error()
		}
		return ""
	})
	before := len(list(t, w, a))
	check(t, a.Stop(context.Background()))
	a = w.start(onVolume)
	if n := len(list(t, w, a)); n != before {
		t.Errorf("after a restart %d items, want %d", n, before)
	}
}

func fill(t *testing.T, path string, size int) {
	t.Helper()
	f, err := os.Create(path)
	check(t, err)
	defer func() { check(t, f.Close()) }()
	if _, err := f.Write(make([]byte, size)); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// TestSlowClientIsClosedAndMayResume has a client not read while more happens than a subscription and the kernel's buffers
// hold. The buffers are small: a client that does not answer a ping either is taken for dead before all is sent otherwise.
func TestSlowClientIsClosedAndMayResume(t *testing.T) {
	w := newWorld(t)
	w.setPlan(func(p *plan.Plan) { p.Channels[0].Custom.CallbackURL = "" })
	a := w.start(func(a *App) {
		a.cfg.CheckInvariants = false
		open := a.open
		a.open = func(ctx context.Context, cfg *Config) (*storage, error) {
			a.api = narrow{a.api}
			s, err := open(ctx, cfg)
			if err == nil {
				s.journal = journal.NewMemory(journal.MemoryOptions{}) // what the disk takes its time for is not asked here
			}
			return s, err
		}
	})
	ann, stream := w.online(a, "ann")
	defer stream.Close()
	in := w.say(a, "c-1", "hello")
	offer := w.next(stream, "offer.made")
	w.do(ann, "offers/"+offer.Offer+"/accept", nil)

	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(kernelBuffer)
		}
		return conn, err
	}}}
	slow, resp, err := websocket.Dial(t.Context(), "ws://"+a.Addr()+"/v1/namespaces/"+testNamespace+"/agent/stream",
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + ann.Token}}, HTTPClient: client})
	check(t, err)
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	defer func() { _ = slow.CloseNow() }()
	slow.SetReadLimit(1 << 20)
	text := strings.Repeat("x", 3_000)
	const messages, together = 1400, 100
	// Not over HTTP, which takes longer: the slow client must be told before it is taken for dead. The other connection keeps
	// up, and is waited for.
	for n := 0; n < messages; n += together {
		var senders sync.WaitGroup
		for i := range together {
			senders.Go(func() {
				_, err := a.loop.Do(t.Context(), event.SendMessage{Agent: "ann", Item: in.Item, Message: fmt.Sprint("a", n+i), Text: text})
				if err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		for range together {
			w.next(stream, "message.sent")
		}
	}
	var seen uint64
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	for {
		_, data, err := slow.Read(ctx)
		if err != nil {
			if websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
				t.Fatalf("it was closed with %v, want 1013", err)
			}
			if want := fmt.Sprintf("resume after %d", seen); !strings.Contains(err.Error(), want) {
				t.Errorf("closed with %v, want %q", err, want)
			}
			break
		}
		seen = seqOf(t, data)
	}
	again := w.stream(ann, seen)
	defer again.Close()
	if !again.Hello.Resumed {
		t.Error("it did not resume")
	}
	// The first message is the customer's.
	for last := ""; !strings.Contains(last, fmt.Sprintf(`"position":%d,`, messages+1)); {
		last = string(w.next(again, "message.sent").Raw)
	}
}

const kernelBuffer = 128 << 10 // less, and it waits for each segment

// narrow has the kernel take little from who writes.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(kernelBuffer)
	}
	return conn, err
}

func seqOf(t *testing.T, frame []byte) uint64 {
	t.Helper()
	var e struct {
		Seq uint64 `json:"seq"`
	}
	check(t, json.Unmarshal(frame, &e))
	return e.Seq
}
