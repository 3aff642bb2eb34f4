// SPDX-License-Identifier: Apache-2.0

package plan

import "time"

// LiveChat is the one channel type whose conversations do not wait for a customer who is gone.
const LiveChat = "LiveChat"

// DefaultLifecycle is that of items of a type: what Dynamics documents of the channel type, and for Waiting what the
// workstream says. Records move on by what is done with them only.
func DefaultLifecycle(t ItemType, channelType string, waiting time.Duration) Lifecycle {
	const day = 24 * time.Hour
	switch {
	case t == Record:
		return Lifecycle{}
	case channelType == LiveChat:
		return Lifecycle{
			Open: 20 * time.Minute, WrapUp: 15 * time.Minute, CustomerReturn: 3 * time.Minute, AgentReturn: 150 * time.Second,
		}
	default:
		return Lifecycle{
			Waits: true, Open: 30 * day, Active: 30 * day, Waiting: waiting, WrapUp: day, AgentReturn: 150 * time.Second,
		}
	}
}
