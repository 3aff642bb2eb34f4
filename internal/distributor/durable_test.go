// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"sync"
	"testing"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
)

// reserved is a journal that holds back what it has to say of an append until it is let go.
type reserved struct {
	journal.Journal

	// written tells of each entry that is stored; its acknowledgement waits for acknowledge.
	written, acknowledge chan struct{}
}

func (j *reserved) Append(ctx context.Context, expected uint64, entry []byte) (uint64, error) {
	position, err := j.Journal.Append(ctx, expected, entry)
	j.written <- struct{}{}
	<-j.acknowledge
	return position, err
}

// TestNoEffectWithoutItsDurableEvent is INV-8: while the journal has not said that an entry is stored, nothing that its events
// cause leaves the loop: no delivery, no answer, and nothing in the view, from which the streams of agents are written. That
// holds also while the loop goes on with the commands behind it, for whom the message has been sent already.
func TestNoEffectWithoutItsDurableEvent(t *testing.T) {
	w := newWorld(t)
	j := &reserved{
		Journal: journal.NewMemory(journal.MemoryOptions{}), written: make(chan struct{}, 100), acknowledge: make(chan struct{}),
	}
	close(j.acknowledge) // all that comes before is acknowledged at once
	r := newRig(t, w, j).run()
	r.must(event.ConnectAgent{Agent: "ann"})
	r.must(receive("x"))
	it, _ := r.view.Item("i-x")
	r.must(event.AcceptOffer{Agent: "ann", Offer: it.Offer.ID})
	for len(j.written) > 0 {
		<-j.written
	}
	before := r.view.Seq()
	j.acknowledge = make(chan struct{}) // the loop is at rest, and reads it in the next append only

	acknowledgeAll := sync.OnceFunc(func() { close(j.acknowledge) })
	t.Cleanup(acknowledgeAll)

	answers := make(chan answer, 3)
	do := func(command func() event.Command) {
		res, err := r.DoLate(context.Background(), command)
		answers <- answer{res, err}
	}
	send := event.SendMessage{Agent: "ann", Item: "i-x", Message: "a1", Text: "hi"}
	go do(func() event.Command { return send })
	<-j.written
	turns := make(chan struct{}, 2)
	for range 2 { // the same message, known to the engine only, and the end of the conversation
		go do(func() event.Command {
			turns <- struct{}{}
			if len(turns) == 1 {
				return send
			}
			return event.EndItem{Agent: "ann", Item: "i-x"}
		})
	}
	r.world.eventually(func() string {
		if len(turns) < 2 {
			return "the loop does not go on behind an entry that is under way"
		}
		return ""
	})
	if len(r.released) > 0 || len(answers) > 0 || r.view.Seq() != before {
		t.Fatalf("%d deliveries and %d answers left, and the view went from %d to %d, before the journal had acknowledged anything",
			len(r.released), len(answers), before, r.view.Seq())
	}

	j.acknowledge <- struct{}{} // of the first entry, with the message
	if a := <-answers; a.err != nil || a.result.Duplicate || a.result.Message != "a1" {
		t.Errorf("the first to be answered is %+v", a)
	}
	if d := <-r.released; len(d) != 1 || d[0].Message != "a1" {
		t.Errorf("released %+v", d)
	}
	<-j.written // the second entry
	if len(r.released) > 0 || len(answers) > 0 {
		t.Errorf("%d deliveries and %d answers left with the entry before theirs", len(r.released), len(answers))
	}
	acknowledgeAll()
	if d := <-r.released; len(d) != 1 || d[0].Kind != event.DeliverEnd {
		t.Errorf("released %+v", d)
	}
	for range 2 {
		if a := <-answers; a.err != nil {
			t.Error(a.err)
		}
	}
}
