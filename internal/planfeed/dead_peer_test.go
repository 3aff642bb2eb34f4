// SPDX-License-Identifier: Apache-2.0

package planfeed_test

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"workstream.dev/operator/internal/planfeed"
)

// wire carries connections to an address until it is cut: then nothing arrives any more, and nobody is told, as when a
// node is gone.
type wire struct {
	net.Listener

	to    string
	cut   atomic.Bool
	mu    sync.Mutex
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", w.to)
			if err != nil {
				_ = c.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, c, s)
			w.mu.Unlock()
			all.Go(func() { w.carry(s, c) })
			all.Go(func() { w.carry(c, s) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, c := range w.conns {
			_ = c.Close()
		}
		w.mu.Unlock()
		all.Wait()
	})
	return w
}

func (w *wire) carry(to, from net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if w.cut.Load() {
			if err != nil {
				return
			}
			continue
		}
		if err == nil {
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

// TestDeadPeersAreNoticed takes as long as it takes: the time is the thing tested.
func TestDeadPeersAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 15 s")
	}
	t.Parallel()
	m := startManager(t)
	w := newWire(t, m.address)
	r := m.newReplica(t, "a", func(o *planfeed.ClientOptions) { o.Address = w.Addr().String() }).watch(t)
	version, body := m.publish(t, "one")
	r.wantPlan(t, version, body)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: version})

	start := time.Now()
	w.cut.Store(true)
	m.wantReplicas(t)
	if took := time.Since(start); took < 5*time.Second {
		t.Errorf("gone after %v: not by its silence", took)
	}
	eventually(t, func() bool { return r.logs.contains("Lost the plan feed") }, func() string { return "the replica has not noticed" })
	w.cut.Store(false)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: version})
}
