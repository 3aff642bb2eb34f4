// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"workstream.dev/operator/internal/journal"
)

const (
	// requestTimeout is for one answer of the server. A disk that takes longer to write is as good as gone.
	requestTimeout = 5 * time.Second
	// Replay asks for this much at a time; an entry is at most a quarter of it.
	replayMessages = 4096
	replayBytes    = 32 << 20
	// headers is more than those of an entry take.
	headers = 256
	// markEvery is after how many entries the position is noted.
	markEvery = 100
)

var namespacePattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// Options are what a Journal needs.
type Options struct {
	// Conn is a connection that connects again for ever and sends nothing late: without a buffer for reconnecting.
	Conn      *nats.Conn
	Namespace string
	// Replicas of each message, 0 is 1.
	Replicas int
	// MaxBytes bounds the entries; 0 leaves it to the volume.
	MaxBytes int64
	// KeepEntries is how many entries before a snapshot stay, as long as there is room.
	KeepEntries uint64
	// Space returns the free and total bytes of the volume that the server writes to. The journal calls itself full
	// before the server can fail to write. Nil: the server is elsewhere and sees to it.
	Space func() (free, total int64, err error)
	// Recover restarts the server. It is called before going on after a write whose outcome is unknown: after a write
	// error, the server refuses to write until then. Nil: the server is elsewhere.
	Recover func() error
}

// Journal is the journal of one namespace.
type Journal struct {
	opts    Options
	js      jetstream.JetStream
	entries jetstream.Stream
	state   jetstream.Stream
	subject string
	// suspect says that the outcome of a write is unknown, and the server may have stopped writing.
	suspect atomic.Bool
	// snapshotSize is that of the latest, as a measure for the next.
	snapshotSize atomic.Int64

	// snapshots makes one PutSnapshot wait for the other.
	snapshots sync.Mutex
	// mu is held while plans are put and while chunks are removed that no head names: those of a plan have none yet.
	mu sync.Mutex
	// fresh are the plans put since the latest snapshot.
	fresh map[string]bool
}

var _ journal.Journal = (*Journal)(nil)

// Open opens the journal of a namespace and makes it when there is none.
func Open(ctx context.Context, opts Options) (*Journal, error) {
	if !namespacePattern.MatchString(opts.Namespace) {
		return nil, fmt.Errorf("opening a journal: %q is not a namespace", opts.Namespace)
	}
	js, err := jetstream.New(opts.Conn, jetstream.WithDefaultTimeout(requestTimeout))
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	j := &Journal{opts: opts, js: js, subject: "journal." + opts.Namespace, fresh: map[string]bool{}}
	if j.entries, err = j.stream(ctx, "journal-"+opts.Namespace, j.subject); err != nil {
		return nil, err
	}
	if j.state, err = j.stream(ctx, "state-"+opts.Namespace, j.stateSubject(">")); err != nil {
		return nil, err
	}
	if err := j.check(ctx); err != nil {
		return nil, err
	}
	return j, nil
}

// stream opens a stream. Its settings are those it was made with: they are updated only where they differ, since that
// writes.
func (j *Journal) stream(ctx context.Context, name, subject string) (jetstream.Stream, error) {
	config := jetstream.StreamConfig{
		Name:        name,
		Subjects:    []string{subject},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		Replicas:    max(j.opts.Replicas, 1),
		DenyDelete:  true, // purging must stay allowed: it is how the journal trims itself
		AllowDirect: true,
		MaxBytes:    -1,
	}
	if subject == j.subject && j.opts.MaxBytes > 0 {
		config.MaxBytes = j.opts.MaxBytes
	}
	st, err := j.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		st, err = j.js.CreateStream(ctx, config)
	}
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", name, err)
	}
	if had := st.CachedInfo().Config; had.MaxBytes != config.MaxBytes || had.Replicas != config.Replicas {
		if st, err = j.js.UpdateStream(ctx, config); err != nil {
			return nil, fmt.Errorf("updating stream %s: %w", name, err)
		}
	}
	return st, nil
}

// check refuses a journal that ends before an entry that is known to have been written. After a crash the server drops
// what it cannot read at the end, which is right for the one entry that was under way, and wrong for any other.
func (j *Journal) check(ctx context.Context) error {
	state := j.entries.CachedInfo().State
	head, _, err := j.head(ctx, j.stateSubject(snapshotHead))
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return err
	}
	j.snapshotSize.Store(head.Size)
	mark, err := j.mark(ctx)
	if err != nil {
		return err
	}
	if known := max(head.Position, mark); state.LastSeq < known {
		return fmt.Errorf("the journal of %s is damaged: it ends at entry %d, but entry %d was written",
			j.opts.Namespace, state.LastSeq, known)
	}
	if state.FirstSeq > head.Position+1 {
		return fmt.Errorf("the journal of %s is damaged: it begins at entry %d, but its snapshot is of entry %d",
			j.opts.Namespace, state.FirstSeq, head.Position)
	}
	return nil
}

// mark returns the latest mark, 0 when there is none.
func (j *Journal) mark(ctx context.Context) (uint64, error) {
	m, err := j.state.GetLastMsgForSubject(ctx, j.stateSubject(markName))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the latest mark: %w", err)
	}
	mark, err := strconv.ParseUint(string(m.Data), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the latest mark is damaged: %w", err)
	}
	return mark, nil
}

// setMark notes from time to time how far the journal has come. Nobody waits for it: it serves to notice damage, and the
// next does as well.
func (j *Journal) setMark(position uint64) {
	if position%markEvery == 0 {
		_ = j.opts.Conn.Publish(j.stateSubject(markName), strconv.AppendUint(nil, position, 10))
	}
}

// MaxEntry implements journal.Journal. The server counts the headers of a message, too.
func (j *Journal) MaxEntry() int { return int(j.opts.Conn.MaxPayload()) - headers }

// Append implements journal.Journal.
func (j *Journal) Append(ctx context.Context, expected uint64, entry []byte) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := j.ready(ctx); err != nil {
		return 0, fmt.Errorf("%w: %w", journal.ErrUncertain, err)
	}
	if err := j.room(len(entry)); err != nil {
		return 0, err
	}
	ack, err := j.js.PublishMsg(ctx, &nats.Msg{Subject: j.subject, Data: entry}, jetstream.WithExpectLastSequence(expected))
	if err != nil {
		return 0, j.classify(fmt.Errorf("appending after entry %d: %w", expected, err))
	}
	j.setMark(ack.Sequence)
	return ack.Sequence, nil
}

// Replay implements journal.Journal.
func (j *Journal) Replay(ctx context.Context, after uint64, fn func(position uint64, entry []byte) error) error {
	if err := j.ready(ctx); err != nil {
		return err
	}
	info, err := j.entries.Info(ctx)
	if err != nil {
		return fmt.Errorf("asking for the end of the journal: %w", err)
	}
	last := info.State.LastSeq
	next := max(after+1, info.State.FirstSeq)
	if info.State.Msgs == 0 || next > last {
		return nil
	}
	consumer, err := j.entries.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next,
	})
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(replayMessages, replayBytes))
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	defer messages.Stop()
	for ; next <= last; next++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("reading entry %d of the journal: %w", next, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("reading entry %d of the journal: %w", next, err)
		}
		if got := meta.Sequence.Stream; got != next {
			return fmt.Errorf("the journal of %s is damaged: after entry %d comes entry %d", j.opts.Namespace, next-1, got)
		}
		if err := fn(next, m.Data()); err != nil {
			return err
		}
	}
	return nil
}
