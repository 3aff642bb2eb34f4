// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/internal/pki"
	"workstream.dev/operator/internal/planfeed"
)

// feed is the plan feed with those who listen to what its replicas say.
type feed struct {
	*planfeed.Server

	mu        sync.Mutex
	listeners []func(namespace, distributor string)
}

func newFeed(c client.Writer, t *pki.Keeper, log logr.Logger) *feed {
	f := &feed{}
	f.Server = planfeed.NewServer(planfeed.ServerOptions{
		TLS:          &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: t.Certificate},
		Authenticate: authenticator(c),
		Changed:      f.changed,
		Log:          slogOf(log.WithName("planfeed")),
	})
	return f
}

// OnChange has fn called after a replica of a Distributor came, went or said something. fn must not block.
func (f *feed) OnChange(fn func(namespace, distributor string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners = append(f.listeners, fn)
}

func (f *feed) changed(namespace, distributor string) {
	f.mu.Lock()
	listeners := f.listeners
	f.mu.Unlock()
	for _, fn := range listeners {
		fn(namespace, distributor)
	}
}

// listening answers distributors on every manager: one that does not lead sends them away.
type listening struct {
	feed    *feed
	address string
	// ready is closed once the address is known, bound then says which.
	ready chan struct{}
	bound net.Addr
}

// Start implements manager.Runnable.
func (l *listening) Start(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.address)
	if err != nil {
		return fmt.Errorf("listening for distributors: %w", err)
	}
	l.bound = listener.Addr()
	close(l.ready)
	stop := context.AfterFunc(ctx, l.feed.Stop)
	defer stop()
	return l.feed.Serve(listener)
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (l *listening) NeedLeaderElection() bool { return false }

// leading lets the feed serve for as long as this manager leads.
type leading struct {
	feed *feed
}

// Start implements manager.Runnable.
func (l leading) Start(ctx context.Context) error {
	l.feed.SetServing(true)
	<-ctx.Done()
	l.feed.SetServing(false)
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (l leading) NeedLeaderElection() bool { return true }
