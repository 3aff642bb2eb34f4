// SPDX-License-Identifier: Apache-2.0

// Package jetstream is the journal on NATS JetStream: one stream of entries for each namespace, and one for its plans
// with its snapshot.
//
// An entry is one message, written whole or not at all by the server, which answers when it is on the disk. Every
// message carries the sequence number that it expects to follow, so that of two writers one is refused. Positions are
// sequence numbers; trimming does not change them.
//
// Plans and snapshots are cut into chunks in the second stream, followed by a head that lists the chunks with the
// digest of the whole. Only the head counts: what is written before it is rubbish until then, and what was written
// under the previous head is removed after it. NATS's own object store cannot be used because it writes its head
// without waiting for the chunks.
package jetstream
