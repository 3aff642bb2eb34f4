// SPDX-License-Identifier: Apache-2.0

package planfeed

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed/planpb"
)

const (
	minRetry = 200 * time.Millisecond
	maxRetry = 5 * time.Second
	// settled is how long a connection must have lasted to count as a good one.
	settled = 10 * time.Second
)

// ClientOptions say where the plans are and who watches.
type ClientOptions struct {
	// Address is host:port, ServerName what the certificate must be for; empty: the address's host.
	Address    string
	ServerName string
	// CAFile and TokenFile are read anew for each connection: both are rotated.
	CAFile      string
	TokenFile   string
	Distributor string
	Replica     string
	Build       string
	// Parts are the parts of the plan that runs, which need not be sent; nil: none.
	Parts func() []plan.PartID
	Log   *slog.Logger
}

// Handler takes a plan into use, or says why not. ctx is that of Watch: a lost connection does not cancel it.
type Handler func(ctx context.Context, u Update) Ack

// Client watches the plans of one Distributor.
type Client struct {
	opts ClientOptions
	// changed wakes the connection, if there is one, to send what Acknowledge noted.
	changed chan struct{}

	mu sync.Mutex
	// running is the plan that this replica runs with what it misses; refused is the later one that it does not run.
	running versionAck
	refused versionAck
}

type versionAck struct {
	version string
	ack     Ack
}

// NewClient returns a client. A replica that runs a plan already, from its journal, says so with Acknowledge before
// Watch, and is not sent that plan again.
func NewClient(opts ClientOptions) *Client {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Parts == nil {
		opts.Parts = func() []plan.PartID { return nil }
	}
	return &Client{opts: opts, changed: make(chan struct{}, 1)}
}

// Acknowledge notes what this replica says of a plan, and tells the manager now or once connected. Call it when
// credentials that were missing have appeared, or have gone; what a Handler returns is acknowledged by itself. News of the
// plan that runs already leave a refusal of a later one as it is.
func (c *Client) Acknowledge(version string, ack Ack) {
	c.mu.Lock()
	keep := c.running.version == version && c.refused.version != version
	c.noteLocked(version, ack, keep)
	c.mu.Unlock()
	c.tell()
}

// answer is Acknowledge for the latest plan that the manager sent: whatever was refused before, it no longer wants.
func (c *Client) answer(version string, ack Ack) {
	c.mu.Lock()
	c.noteLocked(version, ack, false)
	c.mu.Unlock()
	c.tell()
}

func (c *Client) noteLocked(version string, ack Ack, keepRefused bool) {
	said := versionAck{version: version, ack: ack}
	if ack.Refused != "" {
		c.refused = said
		return
	}
	c.running = said
	if !keepRefused {
		c.refused = versionAck{}
	}
}

// tell wakes the connection.
func (c *Client) tell() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// Watch calls handle for each new plan until ctx ends, one at a time; plans that come while it is busy are skipped but
// for the latest. It connects again for ever. Its error is that of ctx.
func (c *Client) Watch(ctx context.Context, handle Handler) error {
	retry := minRetry
	var reported string
	for {
		start := time.Now()
		plans, err := c.session(ctx, handle)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if plans > 0 || time.Since(start) > settled {
			retry, reported = minRetry, ""
		}
		// The same failure is worth one line, not one every five seconds.
		if text := status.Convert(err).Message(); text != reported {
			reported = text
			c.opts.Log.Warn("Lost the plan feed, connecting again", "address", c.opts.Address, "error", err)
		}
		if err := sleep(ctx, retry/2+rand.N(retry)); err != nil { //nolint:gosec // jitter is no secret
			return err
		}
		retry = min(retry*2, maxRetry)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// session is one connection: it returns how many plans came and why it ended.
func (c *Client) session(ctx context.Context, handle Handler) (plans int, err error) {
	conn, err := c.dial()
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }() // nothing is left to flush
	token, err := os.ReadFile(c.opts.TokenFile)
	if err != nil {
		return 0, fmt.Errorf("reading the token: %w", err)
	}
	streamCtx, cancel := context.WithCancel(
		metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+string(bytes.TrimSpace(token))))
	var receiving sync.WaitGroup
	defer receiving.Wait()
	defer cancel()
	stream, err := planpb.NewPlanFeedClient(conn).Watch(streamCtx)
	if err != nil {
		return 0, err
	}
	latest := make(chan response, 1)
	receiving.Go(func() { receiveLatest(stream, latest) })

	running, _ := c.state()
	hello := &planpb.Hello{
		Distributor: c.opts.Distributor, Replica: c.opts.Replica, Build: c.opts.Build, Version: running.version,
	}
	for _, id := range c.opts.Parts() {
		hello.Parts = append(hello.Parts, id[:]...)
	}
	if stream.Send(&planpb.WatchRequest{Message: &planpb.WatchRequest_Hello{Hello: hello}}) != nil {
		return 0, (<-latest).err // Send says only that the stream is over, Recv says why
	}
	if _, err := stream.Header(); err != nil {
		return 0, err
	}
	c.opts.Log.Info("Connected to the plan feed", "address", c.opts.Address)
	if err := c.report(stream); err != nil {
		return 0, err
	}
	for {
		select {
		case r := <-latest:
			if r.err != nil {
				return plans, r.err
			}
			plans++
			if err := c.take(ctx, r.Update, handle); err != nil {
				return plans, err
			}
		case <-c.changed:
			if err := c.report(stream); err != nil {
				return plans, err
			}
		case <-ctx.Done():
			return plans, ctx.Err()
		}
	}
}

// response is what the reading side of the stream came upon.
type response struct {
	Update
	err error
}

// receiveLatest keeps the latest plan in out, which has room for one, until the stream ends.
func receiveLatest(stream planpb.PlanFeed_WatchClient, out chan response) {
	for {
		u, err := receiveUpdate(stream)
		select {
		case <-out:
		default:
		}
		out <- response{Update: u, err: err}
		if err != nil {
			return
		}
	}
}

// receiveUpdate puts the messages of one plan together.
func receiveUpdate(stream planpb.PlanFeed_WatchClient) (Update, error) {
	u := Update{Parts: map[plan.PartID][]byte{}}
	for {
		m, err := stream.Recv()
		if err != nil {
			return Update{}, err
		}
		for _, body := range m.GetParts() {
			u.Parts[plan.IDOfPart(body)] = body
		}
		if !m.GetMore() {
			u.Version, u.Manifest = m.GetVersion(), m.GetManifest()
			return u, nil
		}
	}
}

// errLacking ends a connection: the next one begins with what this replica has.
var errLacking = errors.New("the plan came without parts that this replica does not have")

// take hands a plan on, unless it is damaged or already running.
func (c *Client) take(ctx context.Context, u Update, handle Handler) error {
	if got := plan.Version(u.Manifest); got != u.Version {
		c.answer(u.Version, Ack{Refused: "the content has version " + got + ", not the one that was sent with it"})
		return nil
	}
	if running, _ := c.state(); running.version == u.Version {
		c.answer(u.Version, running.ack)
		return nil
	}
	if c.lacks(u) {
		return errLacking
	}
	c.answer(u.Version, handle(ctx, u))
	return nil
}

// lacks reports whether a part of u is neither sent nor one of the plan that runs: that may be another one by now than the
// manager thought.
func (c *Client) lacks(u Update) bool {
	ids, err := plan.PartsOf(u.Manifest)
	if err != nil || len(ids) == len(u.Parts) {
		return false // it is for the handler to refuse, or whole
	}
	have := map[plan.PartID]bool{}
	for _, id := range c.opts.Parts() {
		have[id] = true
	}
	return slices.ContainsFunc(ids, func(id plan.PartID) bool { return u.Parts[id] == nil && !have[id] })
}

// report tells all there is to tell: a connection may have been lost with anything said before.
func (c *Client) report(stream planpb.PlanFeed_WatchClient) error {
	running, refused := c.state()
	for _, a := range []versionAck{running, refused} {
		if a.version == "" {
			continue
		}
		ack := &planpb.Ack{
			Version: a.version, Refused: a.ack.Refused,
			MissingCredentials: slices.Sorted(slices.Values(a.ack.MissingCredentials)),
		}
		if err := stream.Send(&planpb.WatchRequest{Message: &planpb.WatchRequest_Ack{Ack: ack}}); err != nil {
			return fmt.Errorf("acknowledging: %w", err)
		}
	}
	return nil
}

func (c *Client) state() (running, refused versionAck) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running, c.refused
}

// dial prepares a connection; nothing is sent before the first call.
func (c *Client) dial() (*grpc.ClientConn, error) {
	ca, err := os.ReadFile(c.opts.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate in " + c.opts.CAFile)
	}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, ServerName: c.opts.ServerName}
	conn, err := grpc.NewClient("passthrough:///"+c.opts.Address,
		grpc.WithTransportCredentials(credentials.NewTLS(tlsConfig)),
		grpc.WithNoProxy(), // the manager is in the same cluster
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: maxRetry}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing a connection to %s: %w", c.opts.Address, err)
	}
	return conn, nil
}
