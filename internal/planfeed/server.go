// SPDX-License-Identifier: Apache-2.0

package planfeed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"workstream.dev/operator/internal/planfeed/planpb"
)

// ErrToken is what an Authenticator wraps when the token itself is at fault. The caller is told so; any other error
// means that it could not be checked now, and the caller tries again.
var ErrToken = errors.New("the token is not accepted")

// Identity is the Distributor that a caller is a replica of.
type Identity struct {
	Namespace   string
	Distributor string
}

// Authenticator finds out whose token it is.
type Authenticator func(ctx context.Context, token string) (Identity, error)

// ServerOptions are what a Server needs.
type ServerOptions struct {
	// TLS must have a certificate, or a function that returns the current one.
	TLS          *tls.Config
	Authenticate Authenticator
	// Changed is called after what Replicas returns for a Distributor has changed. It must not block.
	Changed func(namespace, distributor string)
	Log     *slog.Logger
}

// Replica is a connected replica with what it said last.
type Replica struct {
	Name  string
	Build string
	// Version is the plan that it runs; empty: none yet.
	Version string
	// RefusedVersion is the plan that it refused since, for the reason Refused. It goes on with Version.
	RefusedVersion string
	Refused        string
	// MissingCredentials are what the plan that it runs names and is not mounted, sorted.
	MissingCredentials []string
}

// Server sends every connected replica the latest plan of its Distributor and keeps what each acknowledged. Only the
// leader serves: see SetServing.
type Server struct {
	planpb.UnimplementedPlanFeedServer

	opts ServerOptions
	grpc *grpc.Server
	// receivers are the goroutines that read acknowledgements, one for each stream.
	receivers sync.WaitGroup

	mu      sync.Mutex
	serving bool
	feeds   map[Identity]*feed
}

// feed is one Distributor's plan with those who watch it.
type feed struct {
	plan     Plan                // nil: none is published
	watchers map[string]*watcher // by replica
}

// NewServer returns a server that refuses every replica until SetServing.
func NewServer(opts ServerOptions) *Server {
	if opts.Changed == nil {
		opts.Changed = func(string, string) {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{opts: opts, feeds: map[Identity]*feed{}}
	s.grpc = grpc.NewServer(
		grpc.Creds(credentials.NewTLS(opts.TLS)),
		grpc.MaxSendMsgSize(maxMessage),
		grpc.MaxRecvMsgSize(1<<20),
		grpc.ConnectionTimeout(10*time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveTime / 2, PermitWithoutStream: true}),
	)
	planpb.RegisterPlanFeedServer(s.grpc, s)
	return s
}

// Serve answers on l until Stop, and closes it.
func (s *Server) Serve(l net.Listener) error {
	if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serving the plan feed: %w", err)
	}
	return nil
}

// Stop ends every stream and returns when nothing of the server runs any more. It may be called twice.
func (s *Server) Stop() {
	s.SetServing(false)
	s.grpc.Stop()
	s.receivers.Wait()
}

// SetServing says whether this process is the leader. When it is not, replicas are sent away to find the leader, and
// the published plans are forgotten: they may be old by the time that it leads again.
func (s *Server) SetServing(serving bool) {
	s.mu.Lock()
	s.serving = serving
	var gone []Identity
	if !serving {
		for id, f := range s.feeds {
			for _, w := range f.watchers {
				w.end(errNotLeader)
			}
			if len(f.watchers) > 0 {
				gone = append(gone, id)
			}
		}
		clear(s.feeds)
	}
	s.mu.Unlock()
	for _, id := range gone {
		s.opts.Changed(id.Namespace, id.Distributor)
	}
}

// Publish makes a plan the latest of a Distributor. Its replicas get it at once, but for the parts that they have; one that is
// still busy with an earlier plan gets the latest afterwards, without those between.
func (s *Server) Publish(namespace, distributor string, p Plan) error {
	if p.Size() > MaxPlan {
		return fmt.Errorf("plan %s of %s has %d bytes, the limit is %d", p.Version(), namespace, p.Size(), MaxPlan)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.serving {
		return errNotServing
	}
	f := s.feedLocked(Identity{Namespace: namespace, Distributor: distributor})
	if f.plan != nil && f.plan.Version() == p.Version() {
		return nil
	}
	f.plan = p
	for _, w := range f.watchers {
		w.wake()
	}
	return nil
}

// Withdraw forgets a Distributor that is gone. Replicas still connected go on with what they run.
func (s *Server) Withdraw(namespace, distributor string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := Identity{Namespace: namespace, Distributor: distributor}
	if f := s.feeds[id]; f != nil {
		f.plan = nil
		s.dropEmptyLocked(id)
	}
}

// Replicas returns the connected replicas of a Distributor, by name.
func (s *Server) Replicas(namespace, distributor string) []Replica {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[Identity{Namespace: namespace, Distributor: distributor}]
	if f == nil {
		return nil
	}
	out := make([]Replica, 0, len(f.watchers))
	for _, w := range f.watchers {
		out = append(out, w.replica)
	}
	slices.SortFunc(out, func(a, b Replica) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (s *Server) feedLocked(id Identity) *feed {
	f := s.feeds[id]
	if f == nil {
		f = &feed{watchers: map[string]*watcher{}}
		s.feeds[id] = f
	}
	return f
}

func (s *Server) dropEmptyLocked(id Identity) {
	if f := s.feeds[id]; f != nil && f.plan == nil && len(f.watchers) == 0 {
		delete(s.feeds, id)
	}
}
