// SPDX-License-Identifier: Apache-2.0

package apiclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// Event is a frame of an agent's stream. Hello has the agent's whole state.
type Event struct {
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"-"` // when it was read here
	Type    string    `json:"type"`
	Resumed bool      `json:"resumed"`
	Offer   string    `json:"-"`
	Item    string    `json:"-"`

	Raw json.RawMessage `json:"-"`
}

// Stream is an agent's live connection. Events is closed when it ends; Err then says why.
type Stream struct {
	Events chan Event
	Hello  Event

	conn *websocket.Conn
	err  error
	done chan struct{}
}

// Stream connects the calling agent, and resumes after a sequence number when that is not 0.
func (c *Client) Stream(ctx context.Context, after uint64) (*Stream, error) {
	url := "ws" + strings.TrimPrefix(c.BaseURL, "http") + "/v1/namespaces/" + c.Namespace + "/agent/stream"
	if after > 0 {
		url += "?after=" + strconv.FormatUint(after, 10)
	}
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		HTTPHeader: http.Header{"Authorization": {"Bearer " + c.Token}},
		HTTPClient: c.HTTP,
	})
	if err != nil {
		if resp != nil {
			return nil, &Problem{Status: resp.StatusCode, Detail: err.Error()}
		}
		return nil, err
	}
	conn.SetReadLimit(8 << 20)
	s := &Stream{Events: make(chan Event, 4096), conn: conn, done: make(chan struct{})}
	if s.Hello, err = s.read(ctx); err != nil {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("reading the hello: %w", err)
	}
	go s.pump()
	return s, nil
}

// Err returns why the stream ended, once Events is closed.
func (s *Stream) Err() error { return s.err }

// Close ends the connection in order.
func (s *Stream) Close() {
	_ = s.conn.Close(websocket.StatusNormalClosure, "")
	<-s.done
}

// Next returns the next event of that type, skipping others.
func (s *Stream) Next(ctx context.Context, types ...string) (Event, error) {
	for {
		select {
		case <-ctx.Done():
			return Event{}, fmt.Errorf("waiting for %s: %w", strings.Join(types, " or "), ctx.Err())
		case e, ok := <-s.Events:
			if !ok {
				return Event{}, fmt.Errorf("waiting for %s: the stream ended: %w", strings.Join(types, " or "), s.err)
			}
			if slices.Contains(types, e.Type) {
				return e, nil
			}
		}
	}
}

func (s *Stream) pump() {
	defer close(s.done)
	defer close(s.Events)
	for {
		e, err := s.read(context.Background())
		if err != nil {
			s.err = err
			return
		}
		s.Events <- e
	}
}

func (s *Stream) read(ctx context.Context) (Event, error) {
	_, data, err := s.conn.Read(ctx)
	if err != nil {
		return Event{}, err
	}
	e := Event{At: time.Now(), Raw: data}
	if err := json.Unmarshal(data, &e); err != nil {
		return Event{}, fmt.Errorf("decoding a frame: %w", err)
	}
	var ids struct {
		Offer json.RawMessage `json:"offer"`
		Item  json.RawMessage `json:"item"`
	}
	if err := json.Unmarshal(data, &ids); err != nil {
		return Event{}, fmt.Errorf("decoding a frame: %w", err)
	}
	e.Offer, e.Item = idOf(ids.Offer), idOf(ids.Item)
	return e, nil
}

// idOf reads an id that is a string, or the id of an object.
func idOf(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var object struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(raw, &object) // neither: no id
	return object.ID
}
