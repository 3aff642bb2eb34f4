// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"

	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/journal/jetstream"
	"workstream.dev/operator/internal/natsd"
)

// storage is a journal with what it runs on.
type storage struct {
	journal journal.Journal
	close   func() error
}

// openStorage starts the embedded server on the data directory, which it locks, and opens the namespace's journal.
func openStorage(ctx context.Context, cfg *Config) (*storage, error) {
	server, err := natsd.Start(natsd.Options{Dir: cfg.DataDir, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	conn, err := server.Connect()
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	j, err := jetstream.Open(ctx, jetstream.Options{
		Conn: conn, Namespace: cfg.Namespace, Space: server.Space, Recover: server.Restart,
	})
	if err != nil {
		conn.Close()
		return nil, errors.Join(err, server.Stop())
	}
	return &storage{journal: j, close: func() error {
		conn.Close()
		return server.Stop()
	}}, nil
}
