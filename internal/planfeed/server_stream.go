// SPDX-License-Identifier: Apache-2.0

package planfeed

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed/planpb"
)

// helloTimeout is how long a caller may take to say who it is.
const helloTimeout = 10 * time.Second

var (
	errNotServing = errors.New("this process is not the leader")
	errNotLeader  = status.Error(codes.Unavailable, "not the leader")
	errReplaced   = status.Error(codes.Aborted, "the replica connected again")
)

// watcher is one replica's stream. Its replica is guarded by the server's mutex.
type watcher struct {
	id      Identity
	replica Replica
	// changed has room for one: however many plans come, the stream wakes once and sends the latest.
	changed chan struct{}
	ended   chan error
	// have are the parts of the plan that the replica runs.
	have map[plan.PartID]bool
}

func (w *watcher) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// end makes the stream return err; the first call counts.
func (w *watcher) end(err error) {
	select {
	case w.ended <- err:
	default:
	}
}

// received is what the reading side of a stream came upon.
type received struct {
	request *planpb.WatchRequest
	err     error
}

// Watch implements planpb.PlanFeedServer.
func (s *Server) Watch(stream planpb.PlanFeed_WatchServer) error {
	if !s.isServing() {
		return errNotLeader
	}
	id, err := s.authenticate(stream.Context())
	if err != nil {
		return err
	}
	requests := s.receive(stream)
	hello, err := awaitHello(stream.Context(), requests)
	if err != nil {
		return err
	}
	if hello.GetDistributor() != id.Distributor {
		return status.Errorf(codes.PermissionDenied, "the token is that of distributor %s in namespace %s, not of %s",
			id.Distributor, id.Namespace, hello.GetDistributor())
	}
	w, err := s.join(id, hello)
	if err != nil {
		return err
	}
	defer s.leave(w)
	// The header tells the client that it is in, also when there is no plan to send.
	if err := stream.SendHeader(metadata.MD{}); err != nil {
		return err
	}
	return s.serve(stream, w, requests)
}

func (s *Server) isServing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving
}

func (s *Server) authenticate(ctx context.Context) (Identity, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	var token string
	if v := md.Get("authorization"); len(v) == 1 {
		token, _ = strings.CutPrefix(v[0], "Bearer ")
	}
	if token == "" {
		return Identity{}, status.Error(codes.Unauthenticated, "a bearer token is missing")
	}
	id, err := s.opts.Authenticate(ctx, token)
	switch {
	case errors.Is(err, ErrToken):
		s.opts.Log.Info("Refused a watcher of plans", "error", err)
		return Identity{}, status.Error(codes.Unauthenticated, err.Error())
	case err != nil:
		s.opts.Log.Warn("Checking a watcher's token", "error", err)
		return Identity{}, status.Error(codes.Unavailable, "the token cannot be checked now")
	}
	return id, nil
}

// receive reads the stream in a goroutine of its own, which ends when the stream does.
func (s *Server) receive(stream planpb.PlanFeed_WatchServer) <-chan received {
	out := make(chan received)
	s.receivers.Go(func() {
		for {
			r, err := stream.Recv()
			select {
			case out <- received{request: r, err: err}:
			case <-stream.Context().Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	return out
}

func awaitHello(ctx context.Context, requests <-chan received) (*planpb.Hello, error) {
	timeout := time.NewTimer(helloTimeout)
	defer timeout.Stop()
	select {
	case r := <-requests:
		if r.err != nil {
			return nil, r.err
		}
		hello := r.request.GetHello()
		if hello.GetDistributor() == "" || hello.GetReplica() == "" {
			return nil, status.Error(codes.InvalidArgument, "the first message must be a hello with distributor and replica")
		}
		return hello, nil
	case <-timeout.C:
		return nil, status.Error(codes.DeadlineExceeded, "no hello in time")
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

// join registers a replica. An earlier stream of the same replica is ended: it is dead and has not been noticed yet.
func (s *Server) join(id Identity, hello *planpb.Hello) (*watcher, error) {
	w := &watcher{
		id:      id,
		replica: Replica{Name: hello.GetReplica(), Build: hello.GetBuild(), Version: hello.GetVersion()},
		changed: make(chan struct{}, 1),
		ended:   make(chan error, 1),
	}
	for id := range slices.Chunk(hello.GetParts(), len(plan.PartID{})) {
		if len(id) == len(plan.PartID{}) {
			w.add(plan.PartID(id))
		}
	}
	w.wake()
	s.mu.Lock()
	if !s.serving {
		s.mu.Unlock()
		return nil, errNotLeader
	}
	f := s.feedLocked(id)
	if old := f.watchers[w.replica.Name]; old != nil {
		old.end(errReplaced)
	}
	f.watchers[w.replica.Name] = w
	s.mu.Unlock()
	s.opts.Log.Info("Replica connected", "namespace", id.Namespace, "distributor", id.Distributor,
		"replica", hello.GetReplica(), "version", hello.GetVersion())
	s.opts.Changed(id.Namespace, id.Distributor)
	return w, nil
}

func (s *Server) leave(w *watcher) {
	s.mu.Lock()
	f := s.feeds[w.id]
	present := f != nil && f.watchers[w.replica.Name] == w
	if present {
		delete(f.watchers, w.replica.Name)
		s.dropEmptyLocked(w.id)
	}
	s.mu.Unlock()
	if present {
		s.opts.Log.Info("Replica disconnected", "namespace", w.id.Namespace, "distributor", w.id.Distributor,
			"replica", w.replica.Name)
		s.opts.Changed(w.id.Namespace, w.id.Distributor)
	}
}

// serve sends plans and takes acknowledgements until the stream ends. One plan at a time is under way: what the next one
// shares with it need not be sent. A replica that reads slowly holds up only its own stream, in Send.
func (s *Server) serve(stream planpb.PlanFeed_WatchServer, w *watcher, requests <-chan received) error {
	sent := w.replica.Version
	var pending Plan // sent and not answered
	for {
		select {
		case <-w.changed:
			p := s.latest(w.id)
			if pending != nil || p == nil || p.Version() == sent {
				continue
			}
			if err := w.send(stream, p); err != nil {
				return err
			}
			sent, pending = p.Version(), p
		case r := <-requests:
			if r.err != nil {
				return r.err
			}
			ack := r.request.GetAck()
			if ack == nil {
				return status.Error(codes.InvalidArgument, "a second hello")
			}
			if pending != nil && ack.GetVersion() == pending.Version() {
				if ack.GetRefused() == "" {
					w.runs(pending)
				}
				pending = nil
				w.wake()
			}
			s.acknowledge(w, ack)
		case err := <-w.ended:
			return err
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		}
	}
}

func (w *watcher) add(id plan.PartID) {
	if w.have == nil {
		w.have = map[plan.PartID]bool{}
	}
	w.have[id] = true
}

// runs notes that the replica has the parts of p, and no others.
func (w *watcher) runs(p Plan) {
	clear(w.have)
	for _, id := range p.Parts() {
		w.add(id)
	}
}

// send sends what the replica does not have of p, in as many messages as it takes.
func (w *watcher) send(stream planpb.PlanFeed_WatchServer, p Plan) error {
	next, size := &planpb.WatchResponse{Version: p.Version()}, 0
	for _, id := range p.Parts() {
		if w.have[id] {
			continue
		}
		body, err := p.Part(id)
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		if size > 0 && size+len(body) > fullMessage {
			next.More = true
			if err := stream.Send(next); err != nil {
				return err
			}
			next, size = &planpb.WatchResponse{Version: p.Version()}, 0
		}
		next.Parts = append(next.Parts, body)
		size += len(body)
	}
	next.Manifest = p.Manifest()
	return stream.Send(next)
}

func (s *Server) latest(id Identity) Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.feeds[id]; f != nil {
		return f.plan
	}
	return nil
}

func (s *Server) acknowledge(w *watcher, ack *planpb.Ack) {
	s.mu.Lock()
	r := &w.replica
	if reason := ack.GetRefused(); reason != "" {
		r.RefusedVersion, r.Refused = ack.GetVersion(), strings.ToValidUTF8(reason[:min(len(reason), maxRefused)], "")
	} else {
		r.Version, r.RefusedVersion, r.Refused = ack.GetVersion(), "", ""
		r.MissingCredentials = slices.Sorted(slices.Values(ack.GetMissingCredentials()))
	}
	s.mu.Unlock()
	s.opts.Changed(w.id.Namespace, w.id.Distributor)
}
