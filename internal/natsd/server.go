// SPDX-License-Identifier: Apache-2.0

package natsd

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// MaxPayload is the size of the largest message; NATS advises against more.
	MaxPayload = 8 << 20

	dirMode      = 0o700
	readyTimeout = 30 * time.Second
	reconnectIn  = 20 * time.Millisecond
	// maxMemory is for JetStream's memory streams, of which there are none; zero would mean three quarters of the machine.
	maxMemory = 16 << 20
)

// ErrLocked says that another process uses the directory.
var ErrLocked = errors.New("the directory is in use by another process")

var errStopped = errors.New("the NATS server is stopped")

// Options are what a Server needs.
type Options struct {
	// Dir holds everything. It is made when missing, and locked against other processes.
	Dir string
	Log *slog.Logger
}

// Server is a running NATS server.
type Server struct {
	opts Options
	lock *os.File

	mu sync.Mutex
	// nats is nil once stopped.
	nats  *server.Server
	conns []*nats.Conn
}

// Start starts a server and returns when everything in the directory has been recovered. A stream that cannot be
// recovered is an error: left out silently, it would be made anew, empty.
func Start(opts Options) (*Server, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(opts.Dir, dirMode); err != nil {
		return nil, fmt.Errorf("making the journal's directory %s: %w", opts.Dir, err)
	}
	lock, err := lockDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, lock: lock}
	if s.nats, err = s.run(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// Connect returns a connection that lasts, across Restart, until it is closed.
func (s *Server) Connect() (*nats.Conn, error) {
	conn, err := nats.Connect("", nats.InProcessServer(s), nats.Name("workstream"),
		nats.MaxReconnects(-1), nats.ReconnectWait(reconnectIn), nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.opts.Log.Debug("NATS connection", "error", err)
		}),
		nats.ReconnectBufSize(-1), // what is sent while not connected fails at once, instead of arriving some time later
	)
	if err != nil {
		return nil, fmt.Errorf("connecting to the embedded NATS server: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(slices.DeleteFunc(s.conns, (*nats.Conn).IsClosed), conn)
	return conn, nil
}

// InProcessConn implements nats.InProcessConnProvider.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nats == nil {
		return nil, errStopped
	}
	return s.nats.InProcessConn()
}

// Restart stops the server and starts it on the same directory, and returns when the connections are there again.
// JetStream stops writing to a stream for good after its first write error, such as a full disk; this is the way back.
// An error of the start leaves the server stopped; Restart may be called again.
func (s *Server) Restart() error {
	conns, err := s.replace()
	if err != nil {
		return err
	}
	for _, c := range conns {
		if err := awaitConnection(c); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) replace() ([]*nats.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil, errStopped
	}
	shutdown(s.nats)
	s.nats = nil
	srv, err := s.run()
	if err != nil {
		return nil, err
	}
	s.nats = srv
	return slices.Clone(s.conns), nil
}

// awaitConnection asks over the connection: its own view of itself may be of before the restart.
func awaitConnection(c *nats.Conn) error {
	retry := time.NewTicker(reconnectIn)
	defer retry.Stop()
	deadline := time.NewTimer(readyTimeout)
	defer deadline.Stop()
	for {
		err := c.FlushTimeout(readyTimeout / 100)
		if err == nil || c.IsClosed() {
			return nil
		}
		select {
		case <-retry.C:
		case <-deadline.C:
			return fmt.Errorf("connecting again to the embedded NATS server: %w", err)
		}
	}
}

// Stop stops the server and releases the directory. It may be called twice.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	shutdown(s.nats)
	s.nats = nil
	if s.lock == nil {
		return nil
	}
	lock := s.lock
	s.lock = nil
	if err := lock.Close(); err != nil {
		return fmt.Errorf("releasing the journal's directory: %w", err)
	}
	return nil
}

// Space returns how many bytes of the volume are free for this process, and how many it has.
func (s *Server) Space() (free, total int64, err error) { return space(s.opts.Dir) }

func shutdown(n *server.Server) {
	if n != nil {
		n.Shutdown()
		n.WaitForShutdown()
	}
}

func (s *Server) run() (*server.Server, error) {
	_, total, err := space(s.opts.Dir)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.opts.Dir, "nats")
	n, err := server.NewServer(&server.Options{
		ServerName:             "workstream",
		DontListen:             true,
		NoSigs:                 true,
		JetStream:              true,
		DisableJetStreamBanner: true,
		StoreDir:               dir,
		SyncAlways:             true,
		MaxPayload:             MaxPayload,
		JetStreamMaxMemory:     maxMemory,
		// The journal itself watches how much is free. A limit of the server's own would be found out too late, and would
		// hold up recovery.
		JetStreamMaxStore: total,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the embedded NATS server: %w", err)
	}
	log := newLogger(s.opts.Log)
	n.SetLoggerV2(log, false, false, false)
	n.Start()
	if err := log.fatalError(); err != nil {
		shutdown(n)
		return nil, fmt.Errorf("starting the embedded NATS server in %s: %w", s.opts.Dir, err)
	}
	if !n.ReadyForConnections(readyTimeout) {
		shutdown(n)
		return nil, fmt.Errorf("starting the embedded NATS server in %s: not ready after %s", s.opts.Dir, readyTimeout)
	}
	if err := checkRecovered(n, filepath.Join(dir, server.JetStreamStoreDir), log); err != nil {
		shutdown(n)
		return nil, err
	}
	return n, nil
}
