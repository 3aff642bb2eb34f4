// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
)

const (
	// packFrom is the size from which an entry is compressed. A plan that changes or a restart may decide about thousands
	// of items at once, with the same agents named in each.
	packFrom = 256 << 10
	// packed begins a compressed entry, part one of several that count together; others begin as event.Encode has it.
	packed = 'Z'
	part   = 'P'
	// maxUnpacked keeps a damaged entry from filling the memory.
	maxUnpacked = 1 << 30
	// partHead is how much a part needs for itself: its mark, its index and how many there are.
	partHead = 1 + 2*binary.MaxVarintLen32
)

// errEncoding says that events could not be encoded at all, which is a bug.
var errEncoding = errors.New("the events cannot be written")

// tooLargeError says that an event by itself is larger than an entry may be.
type tooLargeError struct {
	index      int // of the event
	size, room int
}

// Error says how large it is.
func (e *tooLargeError) Error() string {
	return fmt.Sprintf("event %d of the entry has %d bytes, the journal takes %d", e.index, e.size, e.room)
}

// Unwrap makes it one of the classes of errors of journals.
func (e *tooLargeError) Unwrap() error { return journal.ErrTooLarge }

// entryWriter makes one entry after the other in the same memory.
type entryWriter struct{ encoder event.Encoder }

// parts returns what is appended to the journal for these events: one entry if that is no larger than the journal takes,
// several otherwise. A limit of 0 is none. It is valid until the next call.
func (w *entryWriter) parts(events []event.Recorded, limit int) ([][]byte, error) {
	if limit == 0 {
		limit = maxUnpacked
	}
	plain, err := w.encoder.Encode(events)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEncoding, err)
	}
	if len(plain) < packFrom && len(plain) <= limit {
		return [][]byte{plain}, nil
	}
	if whole, err := pack(nil, plain); err != nil || len(whole) <= limit {
		return [][]byte{whole}, err
	}
	parts, err := split(events, 0, limit-partHead)
	if err != nil {
		return nil, err
	}
	for i, body := range parts {
		head := binary.AppendUvarint([]byte{part}, uint64(i))
		head = binary.AppendUvarint(head, uint64(len(parts)))
		parts[i] = append(head, body...)
	}
	return parts, nil
}

// split halves events until each part fits; first is the index of the first of them.
func split(events []event.Recorded, first, limit int) ([][]byte, error) {
	plain, err := event.Encode(events)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEncoding, err)
	}
	body := plain
	if len(plain) >= packFrom || len(plain) > limit {
		if body, err = pack(nil, plain); err != nil {
			return nil, err
		}
	}
	switch {
	case len(body) <= limit:
		return [][]byte{body}, nil
	case len(events) == 1:
		return nil, &tooLargeError{index: first, size: len(body), room: limit}
	}
	half := len(events) / 2
	left, err := split(events[:half], first, limit)
	if err != nil {
		return nil, err
	}
	right, err := split(events[half:], first+half, limit)
	return append(left, right...), err
}

// packers are compressors to be used again: each has tables of more than a megabyte.
var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) //nolint:forbidigo // the level is one that there is
	}
	return w
}}

// pack appends plain, compressed, with its mark.
func pack(to, plain []byte) ([]byte, error) {
	out := bytes.NewBuffer(to)
	out.WriteByte(packed)
	w, _ := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(out)
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compressing an entry: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compressing an entry: %w", err)
	}
	return out.Bytes(), nil
}

// reader puts entries together again.
type reader struct {
	// pending are the events of parts whose last one has not come yet.
	pending []event.Recorded
	parts   uint64 // how many of them came
	of      uint64
}

// read returns the events that are complete with this entry. Parts whose last one never came are of a writer that did not
// live to write it: nobody was told of what is in them, and whoever came after knew nothing of it.
func (r *reader) read(entry []byte) ([]event.Recorded, error) {
	if len(entry) == 0 || entry[0] != part {
		r.drop()
		return decodeEntry(entry)
	}
	index, n := binary.Uvarint(entry[1:])
	if n <= 0 {
		return nil, errors.New("the head of a part is cut off")
	}
	of, m := binary.Uvarint(entry[1+n:])
	if m <= 0 || index >= of {
		return nil, errors.New("the head of a part is damaged")
	}
	if index == 0 {
		r.drop()
		r.of = of
	}
	if index != r.parts || of != r.of {
		return nil, fmt.Errorf("part %d of %d follows part %d of %d", index+1, of, r.parts, r.of)
	}
	events, err := decodeEntry(entry[1+n+m:])
	if err != nil {
		return nil, err
	}
	r.pending = append(r.pending, events...)
	if r.parts++; r.parts < r.of {
		return nil, nil
	}
	whole := r.pending
	r.drop()
	return whole, nil
}

func (r *reader) drop() { *r = reader{} }

// decodeEntry reads the content of one entry or part.
func decodeEntry(entry []byte) ([]event.Recorded, error) {
	if len(entry) == 0 || entry[0] != packed {
		return event.Decode(entry)
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(entry[1:])), maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("decompressing an entry: %w", err)
	}
	return event.Decode(plain)
}
