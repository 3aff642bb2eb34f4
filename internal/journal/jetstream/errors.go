// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"workstream.dev/operator/internal/journal"
)

// Codes of the server that the client has no names for.
const (
	codeInsufficientResources jetstream.ErrorCode = 10023
	codeStorageExceeded       jetstream.ErrorCode = 10047
	codeStoreFailed           jetstream.ErrorCode = 10077
	codeAccountExceeded       jetstream.ErrorCode = 10002
	codeMessageExceeded       jetstream.ErrorCode = 10054
)

const (
	// The reserve is what no entry may use: a fiftieth of the volume and at least minReserve, but of a small volume no
	// more than a quarter.
	minReserve     = 16 << 20
	reservePart    = 50
	maxReservePart = 4

	reconnectTimeout = 10 * time.Second
	askTimeout       = 500 * time.Millisecond
	reconnectPoll    = 5 * time.Millisecond
)

// classify wraps an error of a write in its class.
func (j *Journal) classify(err error) error {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		switch api.ErrorCode {
		case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant:
			return fmt.Errorf("%w: %w", journal.ErrConflict, err)
		case codeMessageExceeded:
			return fmt.Errorf("%w: %w", journal.ErrTooLarge, err)
		case codeInsufficientResources, codeStorageExceeded, codeAccountExceeded:
			return fmt.Errorf("%w: %w", journal.ErrFull, err)
		case codeStoreFailed:
			if strings.Contains(api.Description, "maximum bytes") {
				return fmt.Errorf("%w: %w", journal.ErrFull, err)
			}
		}
	}
	if errors.Is(err, nats.ErrMaxPayload) { // refused before it was sent
		return fmt.Errorf("%w: %w", journal.ErrTooLarge, err)
	}
	j.suspect.Store(true)
	return fmt.Errorf("%w: %w", journal.ErrUncertain, err)
}

// ready waits for the connection. After a write whose outcome is unknown it restarts the server first, so that what is
// read afterwards is what the disk has, and nothing that is still on its way arrives later.
func (j *Journal) ready(ctx context.Context) error {
	if j.suspect.Swap(false) && j.opts.Recover != nil { // of several callers one restarts it, the others find it gone
		if err := j.opts.Recover(); err != nil {
			j.suspect.Store(true)
			return fmt.Errorf("restarting the journal's server: %w", err)
		}
	}
	if j.opts.Conn.IsConnected() {
		return nil
	}
	return j.awaitConnection(ctx)
}

func (j *Journal) awaitConnection(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reconnectTimeout)
	defer cancel()
	poll := time.NewTicker(reconnectPoll)
	defer poll.Stop()
	for {
		// Asked over the connection: its own view of itself may be of before the restart, and so may be where a question
		// goes.
		err := j.ask(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("waiting for the journal's server: %w", err)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
		}
	}
}

func (j *Journal) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := j.entries.Info(ctx)
	return err
}

// room returns ErrFull when need bytes would not leave the reserve. The reserve keeps the server from failing to write,
// and has room for the next snapshot, which is what makes room again.
func (j *Journal) room(need int) error {
	reserve, free, err := j.reserve()
	if err != nil {
		return err
	}
	reserve += j.snapshotSize.Load() * 5 / 4
	if free-int64(need) < reserve {
		return fmt.Errorf("%w: %d bytes of the volume are free, and %d are kept in reserve", journal.ErrFull, free, reserve)
	}
	return nil
}

// roomForSnapshot lets a snapshot use half of the reserve.
func (j *Journal) roomForSnapshot(need int) error {
	reserve, free, err := j.reserve()
	if err != nil {
		return err
	}
	if free-int64(need) < reserve/2 {
		return fmt.Errorf("%w: %d bytes of the volume are free, a snapshot of %d bytes needs %d",
			journal.ErrFull, free, need, int64(need)+reserve/2)
	}
	return nil
}

func (j *Journal) reserve() (reserve, free int64, err error) {
	if j.opts.Space == nil {
		return 0, 1<<63 - 1, nil
	}
	free, total, err := j.opts.Space()
	if err != nil {
		return 0, 0, err
	}
	return min(max(minReserve, total/reservePart), total/maxReservePart), free, nil
}
