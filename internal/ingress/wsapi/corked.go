// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// corkedSize is from how many bytes held writes go out all the same.
const corkedSize = 32 << 10

// corked is a connection that can hold writes back for a moment, so that several frames go out at once: an agent is told
// many things at a time, and each by itself would cost as much as all.
type corked struct {
	net.Conn

	timeout time.Duration // of one write

	mu      sync.Mutex
	holding bool
	held    []byte
	until   time.Time // the deadline that is set
}

// Write implements net.Conn.
func (c *corked) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.holding {
		return c.writeLocked(b)
	}
	c.held = append(c.held, b...)
	if len(c.held) < corkedSize {
		return len(b), nil
	}
	return len(b), c.releaseLocked()
}

// hold has writes wait for release.
func (c *corked) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = true
}

// release writes what waits.
func (c *corked) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = false
	return c.releaseLocked()
}

func (c *corked) releaseLocked() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.writeLocked(c.held)
	c.held = c.held[:0]
	if cap(c.held) > 4*corkedSize {
		c.held = nil
	}
	return err
}

// writeLocked gives a write the time-out, and up to a fifth more: to move the deadline costs about as much as to write.
func (c *corked) writeLocked(b []byte) (int, error) {
	if now := time.Now(); c.until.Sub(now) < c.timeout {
		c.until = now.Add(c.timeout + c.timeout/5)
		if err := c.SetWriteDeadline(c.until); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(b)
}

// interrupt ends reads and writes that hang.
func (c *corked) interrupt() { _ = c.SetDeadline(time.Now()) }

// corker hands out the connection of a request corked.
type corker struct {
	http.ResponseWriter

	timeout time.Duration
	conn    *corked // once it was handed out
}

// Hijack implements http.Hijacker.
func (c *corker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(c.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.conn = &corked{Conn: conn, timeout: c.timeout}
	return c.conn, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(c.conn)), nil
}
