// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// callback is the website's endpoint for messages of agents.
type callback struct {
	url    string
	calls  chan delivered
	server *http.Server
}

// delivered is what the website was told.
type delivered struct {
	Type string `json:"type"`
	Data struct {
		Conversation string `json:"conversation"`
		Message      struct {
			Text string `json:"text"`
		} `json:"message"`
	} `json:"data"`
}

func listen(ctx context.Context, address, secret string) (*callback, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return nil, fmt.Errorf("listening for callbacks: %w", err)
	}
	c := &callback{url: "http://" + l.Addr().String() + "/callback", calls: make(chan delivered, 64)}
	c.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		id, ts := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		if err != nil || r.Header.Get("webhook-signature") != apiclient.Sign(secret, id, ts, body) {
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		var d delivered
		if json.Unmarshal(body, &d) == nil {
			select {
			case c.calls <- d:
			default: // nobody waits for it
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() { _ = c.server.Serve(l) }()
	return c, nil
}

func (c *callback) close() { _ = c.server.Close() }

// next returns the next call of that type about a conversation.
func (c *callback) next(ctx context.Context, kind, conversation string) (delivered, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return delivered{}, fmt.Errorf("waiting for the callback %s: %w", kind, ctx.Err())
		case d := <-c.calls:
			if d.Type == kind && d.Data.Conversation == conversation {
				return d, nil
			}
		}
	}
}
