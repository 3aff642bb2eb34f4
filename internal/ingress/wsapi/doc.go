// SPDX-License-Identifier: Apache-2.0

// Package wsapi keeps the live streams of agents over WebSocket.
//
// A stream says what happened, and takes commands: frames with an id, which the answer repeats. It begins with a hello
// that has the agent's whole state, or, when the client asked to resume after a sequence that is still kept, with what the
// client missed. Every reason to close is a close code of its own, because a client must do something else after each.
package wsapi
