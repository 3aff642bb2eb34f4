// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"

	"workstream.dev/operator/internal/event"
)

const (
	// packFrom is the size from which an entry is compressed. A plan that changes or a restart may decide about thousands
	// of items in one entry, with the same agents named in each; a journal has a limit for its entries.
	packFrom = 256 << 10
	// packed begins a compressed entry; others begin with a brace.
	packed = 'Z'
	// maxUnpacked keeps a damaged entry from filling the memory.
	maxUnpacked = 1 << 30
)

// encodeEntry returns what is appended to the journal for these events.
func encodeEntry(events []event.Recorded) ([]byte, error) {
	plain, err := event.Encode(events)
	if err != nil || len(plain) < packFrom {
		return plain, err
	}
	var out bytes.Buffer
	out.WriteByte(packed)
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compressing an entry: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compressing an entry: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compressing an entry: %w", err)
	}
	return out.Bytes(), nil
}

// decodeEntry reads what encodeEntry wrote.
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
