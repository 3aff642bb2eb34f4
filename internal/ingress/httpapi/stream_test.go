// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress/wsapi"
)

// patience is for what happens soon; a test that waits for it has failed otherwise.
const patience = time.Minute

// listen serves the API and returns its address.
func (w *world) listen(change ...func(*http.Server)) string {
	w.t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = NewServer(w.api, w.api.Log)
	for _, c := range change {
		c(srv.Config)
	}
	srv.Start()
	w.t.Cleanup(func() {
		w.view.CloseStreams()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.streams.Wait(ctx); err != nil {
			w.t.Error("a stream did not end")
		}
		srv.Close()
	})
	return srv.URL
}

// follow connects an agent.
func (w *world) follow(url, token string) *websocket.Conn {
	w.t.Helper()
	conn, err := w.dial(url, token)
	must(w.t, err)
	return conn
}

func (w *world) dial(url, token string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	options := &websocket.DialOptions{Subprotocols: []string{wsapi.Subprotocol, "bearer." + token}}
	url = strings.Replace(url, "http", "ws", 1) + root + "/agent/stream"
	conn, _, err := websocket.Dial(ctx, url, options) //nolint:bodyclose // Dial has closed it
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, nil
}

// next reads a frame and holds it against the document.
func (w *world) next(conn *websocket.Conn) map[string]any {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	_, body, err := conn.Read(ctx)
	must(w.t, err)
	w.spec.frame(w.t, body)
	var f map[string]any
	must(w.t, json.Unmarshal(body, &f))
	return f
}

func TestStreamTellsAnAgentsDay(t *testing.T) {
	w := newWorld(t)
	conn := w.follow(w.listen(), w.ann())
	if f := w.next(conn); f["type"] != "hello" {
		t.Fatalf("the first frame is %v", f)
	}
	w.want(200, "PUT "+root+"/agent/presence", w.ann(), `{"presence":"Available"}`)
	first := w.write("c-1", "hi")
	w.want(200, "POST "+root+"/offers/"+w.offer(first)+"/decline", w.ann(), "")
	item := w.write("c-2", "hello")
	w.want(200, "POST "+root+"/offers/"+w.offer(item)+"/accept", w.ann(), "")
	w.write("c-2", "are you there?")
	w.want(200, "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"r1","text":"yes"}`)
	it, _ := w.view.Timeline(item, true)
	delivery := item + "-m3"
	if len(it) != 3 {
		t.Fatalf("the timeline is %v", it)
	}
	_, err := w.Do(t.Context(), event.ConfirmDelivery{Delivery: delivery})
	must(t, err)
	w.want(200, "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"r2","text":"bye"}`)
	_, err = w.Do(t.Context(), event.ConfirmDelivery{Delivery: item + "-m4", Failure: "the callback answered 410"})
	must(t, err)
	w.want(200, "POST "+root+"/items/"+item+"/end", w.ann(), "")
	w.want(200, "POST "+root+"/items/"+item+"/close", w.ann(), "")
	w.want(200, "POST "+root+"/items/"+first+"/assign", w.supervisor(), `{"agent":"ann"}`)
	w.want(200, "POST "+root+"/items/"+first+"/close", w.ann(), "")
	last := w.write("c-3", "hi")
	w.want(200, "POST "+root+"/offers/"+w.offer(last)+"/accept", w.ann(), "")
	w.want(200, "POST "+root+"/items/"+last+"/transfer", w.ann(), `{"queue":"general"}`)

	var got []string
	for {
		f := w.next(conn)
		got = append(got, f["type"].(string))
		if f["type"] == "item.released" {
			break
		}
	}
	var want []string
	for _, typ := range got { // presences computed on the way are the engine's business
		if typ != "presence.changed" {
			want = append(want, typ)
		}
	}
	if diff := cmp.Diff([]string{
		"offer.made", "offer.closed", "offer.made", "item.assigned", "message.received", "message.sent", "message.delivered",
		"message.sent", "message.failed", "item.wrapUp", "item.closed", "item.assigned", "item.parked",
		"offer.made", "item.assigned", "item.released",
	}, want); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
}

func TestStreamOutlivesTheServersTimeouts(t *testing.T) {
	w := newWorld(t)
	const short = 100 * time.Millisecond
	url := w.listen(func(s *http.Server) { s.ReadTimeout, s.WriteTimeout, s.IdleTimeout = short, short, short })
	conn, err := w.dial(url, w.ann())
	for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); {
		conn, err = w.dial(url, w.ann()) // before it is a stream the time-outs hold: a busy machine needs more than one try
	}
	must(t, err)
	w.next(conn)
	timer := time.NewTimer(4 * short)
	<-timer.C
	w.want(200, "PUT "+root+"/agent/presence", w.ann(), `{"presence":"Busy"}`)
	for w.next(conn)["presence"] != "Busy" { // next fails when the connection is gone
		continue
	}
}

func TestStreamIsForAgents(t *testing.T) {
	w := newWorld(t)
	url := w.listen() + root + "/agent/stream"
	for name, tc := range map[string]struct {
		token, query string
		status       int
		reason       string
	}{
		"no token":         {"", "", 401, "Unauthenticated"},
		"a supervisor":     {w.supervisor(), "", 403, "Forbidden"},
		"no upgrade":       {w.ann(), "", 426, "UpgradeRequired"},
		"made up a filter": {w.ann(), "?since=3", 400, "BadRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.wantProblem(fmt.Sprintf("%d %s", tc.status, tc.reason), "GET "+root+"/agent/stream"+tc.query, tc.token, "")
		})
	}
	w.t = t
	resp, err := http.Get(url)
	must(t, err)
	must(t, resp.Body.Close())
	if n, _ := w.view.Agent("ann"); n.Connected {
		t.Error("a refused stream connected the agent")
	}
}

func TestStreamIsNotAMeasuredRequest(t *testing.T) {
	w := newWorld(t)
	url := w.listen()
	conn := w.follow(url, w.ann())
	w.next(conn)
	must(t, conn.Close(websocket.StatusNormalClosure, ""))
	w.view.CloseStreams()
	must(t, w.streams.Wait(t.Context()))
	families, err := w.metrics.Gather()
	must(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if strings.HasSuffix(l.GetValue(), "/agent/stream") {
					t.Errorf("%s has the stream in it: %v", f.GetName(), m)
				}
			}
		}
	}
}
