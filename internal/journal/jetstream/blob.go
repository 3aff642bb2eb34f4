// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"workstream.dev/operator/internal/journal"
)

const chunkSize = 2 << 20

// blobHead describes a plan or snapshot that is complete.
type blobHead struct {
	// ID is the last part of the subject of the chunks.
	ID     string   `json:"id"`
	Chunks []uint64 `json:"chunks,omitempty"` // sequence numbers, in order
	Size   int64    `json:"size"`
	SHA256 string   `json:"sha256"`
	// Position is that of a snapshot.
	Position uint64 `json:"position,omitempty"`
}

func (j *Journal) stateSubject(name string) string { return "state." + j.opts.Namespace + "." + name }

// writeBlob writes the chunks and then the head, which must follow the head of sequence number before, 0 for none.
func (j *Journal) writeBlob(ctx context.Context, subject string, head blobHead, body []byte, before uint64) error {
	sum := sha256.Sum256(body)
	head.ID, head.Size, head.SHA256 = nuid.Next(), int64(len(body)), hex.EncodeToString(sum[:])
	for chunk := range slices.Chunk(body, chunkSize) {
		ack, err := j.js.PublishMsg(ctx, &nats.Msg{Subject: j.stateSubject(chunkPrefix + head.ID), Data: chunk})
		if err != nil {
			return j.classify(fmt.Errorf("writing a part of %s: %w", subject, err))
		}
		head.Chunks = append(head.Chunks, ack.Sequence)
	}
	encoded, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("encoding the head of %s: %w", subject, err)
	}
	msg := &nats.Msg{Subject: subject, Data: encoded}
	if _, err := j.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(before)); err != nil {
		return j.classify(fmt.Errorf("writing %s: %w", subject, err))
	}
	return nil
}

// head returns the latest head under a subject with its sequence number.
func (j *Journal) head(ctx context.Context, subject string) (blobHead, uint64, error) {
	m, err := j.state.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return blobHead{}, 0, journal.ErrNotFound
	}
	if err != nil {
		return blobHead{}, 0, fmt.Errorf("reading %s: %w", subject, err)
	}
	var head blobHead
	if err := json.Unmarshal(m.Data, &head); err != nil {
		return blobHead{}, 0, fmt.Errorf("%s is damaged: %w", subject, err)
	}
	return head, m.Sequence, nil
}

func (j *Journal) readBlob(ctx context.Context, subject string) (blobHead, []byte, error) {
	head, _, err := j.head(ctx, subject)
	if err != nil {
		return head, nil, err
	}
	var body bytes.Buffer
	body.Grow(int(head.Size))
	for _, seq := range head.Chunks {
		m, err := j.state.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return head, nil, fmt.Errorf("%s is damaged: a part of it is gone", subject)
		}
		if err != nil {
			return head, nil, fmt.Errorf("reading a part of %s: %w", subject, err)
		}
		body.Write(m.Data)
	}
	if sum := sha256.Sum256(body.Bytes()); hex.EncodeToString(sum[:]) != head.SHA256 {
		return head, nil, fmt.Errorf("%s is damaged: its content is not the one that was written", subject)
	}
	return head, body.Bytes(), nil
}
