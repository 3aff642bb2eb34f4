// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/plan"
)

func (d *stage) write(conn *websocket.Conn, frame string) {
	d.t.Helper()
	if err := conn.Write(d.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		d.t.Fatal(err)
	}
}

// ask sends a command and returns its answer as it came.
func (d *stage) ask(conn *websocket.Conn, frame string) string {
	d.t.Helper()
	d.write(conn, frame)
	return d.readText(conn)
}

func (d *stage) readText(conn *websocket.Conn) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	_, body, err := conn.Read(ctx)
	if err != nil {
		d.t.Fatalf("reading a frame: %v", err)
	}
	return string(body)
}

func TestCommandsAreAnsweredUnderTheirIDs(t *testing.T) {
	d := newStage(t)
	var got []event.Command
	d.do = func(cmd event.Command) (event.Result, error) {
		got = append(got, cmd)
		switch cmd.(type) {
		case event.AcceptOffer:
			return event.Result{Item: "i1", Offer: "i1-o1"}, nil
		case event.EndItem:
			return event.Result{Rejected: &event.Rejection{Reason: event.WrongState, Message: "item i1 is Closed"}}, nil
		case event.PickItem:
			return event.Result{}, ingress.ErrFull
		}
		return event.Result{}, nil
	}
	conn := d.dial("")
	d.read(conn)
	for _, tc := range []struct{ frame, want string }{
		{
			`{"id":"7","do":"accept","target":"i1-o1"}`,
			`{"type":"answer","id":"7","status":200,"body":{"item":"i1","offer":"i1-o1","duplicate":false}}`,
		},
		{`{"id":"8","do":"message","target":"i1","body":{"id":"m1","text":"hi","internal":true}}`, `"id":"8","status":200,"body":{"item":"i1"`},
		{`{"id":"9","do":"end","target":"i1"}`, `"status":409,"body":{"type":"tag:workstream.dev,2026:problem/WrongState"`},
		{`{"id":"10","do":"pick","target":"i1"}`, `"status":503,"retryAfter":30,"body":{`},
		{`{"id":"11","do":"presence","body":{"presence":"Away"}}`, `"id":"11","status":200`},
	} {
		if answer := d.ask(conn, tc.frame); !strings.Contains(answer, tc.want) {
			t.Errorf("%s\nanswered %s\nwant     %s", tc.frame, answer, tc.want)
		}
	}
	want := []event.Command{
		event.AcceptOffer{Agent: "ann", Offer: "i1-o1"},
		event.SendMessage{Agent: "ann", Item: "i1", Message: "m1", Text: "hi", Internal: true},
		event.EndItem{Agent: "ann", Item: "i1"},
		event.PickItem{Agent: "ann", Item: "i1"},
		event.SetPresence{Agent: "ann", Presence: plan.Away},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("carried out (-want +got):\n%s", diff)
	}
}

func TestCommandsThatAreNoneAreRefused(t *testing.T) {
	d := newStage(t)
	d.do = func(cmd event.Command) (event.Result, error) {
		t.Errorf("%+v was carried out", cmd)
		return event.Result{}, nil
	}
	conn := d.dial("")
	d.read(conn)
	for frame, want := range map[string]string{
		`nonsense`: `"id":"","status":400`,
		`{"id":"1","do":"accept","target":"o","more":1}`:                       `"status":422`,
		`{"do":"accept","target":"o"}`:                                         `"field":"id"`,
		`{"id":"2","do":"dance"}`:                                              `"field":"do"`,
		`{"id":"3","do":"accept"}`:                                             `"field":"offer"`,
		`{"id":"4","do":"presence","target":"bob","body":{"presence":"Away"}}`: `"field":"target"`,
		`{"id":"5","do":"accept","target":"o","body":{"x":1}}`:                 `"field":"x"`,
		`{"id":"6","do":"force-close","target":"i1"}`:                          `"status":403`,
		`{"id":"7","do":"message","target":"i1","body":{"id":"m","text":""}}`:  `"field":"text"`,
	} {
		if answer := d.ask(conn, frame); !strings.Contains(answer, want) {
			t.Errorf("%s\nanswered %s\nwant     %s", frame, answer, want)
		}
	}
}

// TestCommandIsHeldAgainstThePlanOfNow: a role that was taken away counts from the next command on, not from the next
// ping.
func TestCommandIsHeldAgainstThePlanOfNow(t *testing.T) {
	d := newStage(t)
	d.do = func(event.Command) (event.Result, error) { return event.Result{}, nil }
	conn := d.dial("")
	d.read(conn)
	if answer := d.ask(conn, `{"id":"1","do":"end","target":"i1"}`); !strings.Contains(answer, `"status":200`) {
		t.Fatal(answer)
	}
	d.change(func() {
		d.caller.Roles = nil
		d.do = func(cmd event.Command) (event.Result, error) {
			t.Errorf("%+v was carried out", cmd)
			return event.Result{}, nil
		}
	})
	p := &plan.Plan{Namespace: "contoso", Agents: []plan.Agent{{Name: "ann", Subject: "s", Units: 10}}}
	_, version, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d.fold(event.PlanActivated{Version: version, Plan: p})
	d.write(conn, `{"id":"2","do":"end","target":"i1"}`)
	d.wantClose(conn, CloseForbidden, "no longer this agent")
}

// TestCommandWaitsForTheKeysOfThePlanOfNow: what was proven under another plan is enough to listen, not to command.
func TestCommandWaitsForTheKeysOfThePlanOfNow(t *testing.T) {
	d := newStage(t)
	done := 0
	d.do = func(event.Command) (event.Result, error) {
		done++
		return event.Result{}, nil
	}
	conn := d.dial("")
	d.read(conn)
	d.change(func() { d.verdict = &auth.Error{Description: "no keys", Unavailable: true} })
	if answer := d.ask(conn, `{"id":"1","do":"end","target":"i1"}`); !strings.Contains(answer, `"status":503,"retryAfter":2`) {
		t.Errorf("answered %s", answer)
	}
	if done != 0 {
		t.Error("it was carried out by a role that nobody has looked at")
	}
	d.change(func() { d.verdict = nil })
	if answer := d.ask(conn, `{"id":"2","do":"end","target":"i1"}`); !strings.Contains(answer, `"status":200`) || done != 1 {
		t.Errorf("with the keys: answered %s", answer)
	}
}

// TestAnswerComesAfterWhatItCaused: a client that has the answer has seen the consequences.
func TestAnswerComesAfterWhatItCaused(t *testing.T) {
	d := newStage(t)
	d.do = func(event.Command) (event.Result, error) {
		d.tell(plan.Away)
		return event.Result{}, nil
	}
	conn := d.dial("")
	d.read(conn)
	for n := range 200 {
		d.write(conn, fmt.Sprintf(`{"id":"%d","do":"presence","body":{"presence":"Away"}}`, n))
		if first := d.readText(conn); !strings.Contains(first, "presence.changed") {
			t.Fatalf("command %d: first came %s", n, first)
		}
		if second := d.readText(conn); !strings.Contains(second, fmt.Sprintf(`"id":"%d"`, n)) {
			t.Fatalf("command %d: then came %s", n, second)
		}
	}
}

// TestManyCommandsAtATime: more than are carried out at once wait, and each is answered.
func TestManyCommandsAtATime(t *testing.T) {
	d := newStage(t)
	full := make(chan struct{}, inFlight)
	release := make(chan struct{})
	d.do = func(event.Command) (event.Result, error) {
		full <- struct{}{}
		<-release
		return event.Result{}, nil
	}
	conn := d.dial("")
	d.read(conn)
	const commands = 3 * inFlight
	for n := range commands {
		d.write(conn, fmt.Sprintf(`{"id":"%d","do":"end","target":"i1"}`, n))
	}
	for range inFlight {
		<-full
	}
	select {
	case <-full:
		t.Error("more than that are carried out at a time")
	default:
	}
	close(release)
	go func() {
		for range commands - inFlight {
			<-full
		}
	}()
	seen := map[string]bool{}
	for range commands {
		var a struct{ ID string }
		if err := json.Unmarshal([]byte(d.readText(conn)), &a); err != nil {
			t.Fatal(err)
		}
		seen[a.ID] = true
	}
	if len(seen) != commands {
		t.Errorf("%d of %d commands were answered", len(seen), commands)
	}
}
