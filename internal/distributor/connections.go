// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
)

// reconnectGap is how long a disconnection that could not be written waits for another try.
const reconnectGap = time.Second

// late carries out a command that is decided when its turn has come.
type late interface {
	DoLate(ctx context.Context, command func() event.Command) (event.Result, error)
}

// Connections counts the live connections of each agent: the first makes the agent connected, the last going away makes
// them disconnected. Which of the two is to be written is decided in the loop, when its turn has come, so that one
// connection going while another comes cannot end the wrong way round.
type Connections struct {
	loop late
	log  *slog.Logger
	wake chan struct{} // room for one

	mu     sync.Mutex
	counts map[string]int
	// behind are the agents of whom the journal may say the wrong thing.
	behind map[string]struct{}
}

// NewConnections returns a table without connections.
func NewConnections(loop late, log *slog.Logger) *Connections {
	return &Connections{
		loop: loop, log: log, wake: make(chan struct{}, 1),
		counts: map[string]int{}, behind: map[string]struct{}{},
	}
}

// AgentConnected counts a connection of an agent in and returns when that is durable. After a refusal, which is an
// *ingress.Problem, or an error of ingress.Doer it is not counted.
func (c *Connections) AgentConnected(ctx context.Context, agent string) error {
	c.add(agent, 1)
	res, err := c.loop.DoLate(ctx, c.command(agent))
	if err == nil && res.Rejected != nil {
		err = ingress.Rejected(res.Rejected)
	}
	if err != nil {
		c.AgentDisconnected(agent)
	}
	return err
}

// AgentDisconnected counts a connection out. It does not wait.
func (c *Connections) AgentDisconnected(agent string) {
	if c.add(agent, -1) == 0 {
		c.late(agent)
	}
}

// late has Run see to an agent.
func (c *Connections) late(agents ...string) {
	c.mu.Lock()
	for _, a := range agents {
		c.behind[a] = struct{}{}
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Connections) add(agent string, n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[agent] += n
	left := c.counts[agent]
	if left == 0 {
		delete(c.counts, agent)
	}
	return left
}

func (c *Connections) count(agent string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[agent]
}

// command is what brings the journal in line with the table at the time that it is called.
func (c *Connections) command(agent string) func() event.Command {
	return func() event.Command {
		if c.count(agent) > 0 {
			return event.ConnectAgent{Agent: agent}
		}
		return event.DisconnectAgent{Agent: agent}
	}
}

// Recheck looks at every agent with a connection: another writer, or a failed write, may have changed what the journal
// says.
func (c *Connections) Recheck() { c.RecheckSome(func(string) bool { return true }) }

// RecheckSome looks at those agents with a connection that which chooses: one whom the plan lost and has again was
// disconnected by that, though the connection is still there.
func (c *Connections) RecheckSome(which func(agent string) bool) {
	c.mu.Lock()
	agents := slices.Collect(maps.Keys(c.counts))
	c.mu.Unlock()
	if agents = slices.DeleteFunc(agents, func(a string) bool { return !which(a) }); len(agents) > 0 {
		c.late(agents...)
	}
}

// Run writes disconnections, and tries again what could not be written, until ctx ends.
func (c *Connections) Run(ctx context.Context) {
	retry := time.NewTicker(reconnectGap)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-retry.C:
		}
		c.catchUp(ctx)
	}
}

// catchUp sees to all that are behind at once: a hundred agents who lost their network go into one entry.
func (c *Connections) catchUp(ctx context.Context) {
	c.mu.Lock()
	behind := c.behind
	c.behind = map[string]struct{}{}
	c.mu.Unlock()
	var wait sync.WaitGroup
	for agent := range behind {
		wait.Go(func() {
			_, err := c.loop.DoLate(ctx, c.command(agent))
			if err == nil || errors.Is(err, ingress.ErrStopping) || ctx.Err() != nil {
				return // a refusal says that the plan has no such agent any more
			}
			c.log.Warn("Writing the connection of an agent", "agent", agent, "error", err)
			c.mu.Lock()
			c.behind[agent] = struct{}{}
			c.mu.Unlock()
		})
	}
	wait.Wait()
}
