// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// The load shares its cores with what it measures, so it speaks HTTP and WebSocket by hand, in as few steps as they take.

// connection is one for HTTP requests, one after the other.
type connection struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func dial(ctx context.Context, address string) (*connection, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// post sends a request and returns its answer, which is valid until the next one. headers end each with a line break.
func (c *connection) post(path, headers string, body []byte) (status int, answer []byte, err error) {
	o := append(c.out[:0], "POST "...)
	o = append(o, path...)
	o = append(o, " HTTP/1.1\r\nHost: perf\r\nContent-Type: application/json\r\nContent-Length: "...)
	o = strconv.AppendInt(o, int64(len(body)), 10)
	o = append(o, "\r\n"...)
	o = append(o, headers...)
	o = append(o, "\r\n"...)
	c.out = append(o, body...)
	if _, err := c.conn.Write(c.out); err != nil {
		return 0, nil, err
	}
	return c.read()
}

func (c *connection) read() (status int, body []byte, err error) {
	length := -1
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first:
			if len(line) < 12 {
				return 0, nil, fmt.Errorf("an answer begins with %q", line)
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, nil, fmt.Errorf("an answer begins with %q", line)
			}
		case len(line) == 0:
			if length < 0 {
				return 0, nil, errors.New("an answer without its length")
			}
			body = make([]byte, length)
			_, err := io.ReadFull(c.in, body)
			return status, body, err
		case len(line) > 16 && bytes.EqualFold(line[:16], []byte("Content-Length: ")):
			if length, err = strconv.Atoi(string(line[16:])); err != nil {
				return 0, nil, fmt.Errorf("an answer with %q", line)
			}
		}
	}
}

// socket is an agent's WebSocket.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
}

func openSocket(ctx context.Context, address, path, token string) (*socket, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, in: bufio.NewReaderSize(conn, 64<<10), out: bufio.NewWriterSize(conn, 64<<10)}
	_, _ = fmt.Fprintf(s.out, "GET %s HTTP/1.1\r\nHost: perf\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", path, token)
	if err := s.out.Flush(); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(s.in, nil) //nolint:bodyclose // an upgrade has none
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("opening a stream: %s", resp.Status)
	}
	return s, nil
}

const (
	text       = 1
	closeFrame = 8
	ping       = 9
	pong       = 10
)

// next returns the next text, and answers pings. It writes out what waits when there is nothing more to read.
func (s *socket) next() ([]byte, error) {
	for {
		if s.in.Buffered() == 0 {
			if err := s.out.Flush(); err != nil {
				return nil, err
			}
		}
		kind, body, err := s.frame()
		switch {
		case err != nil:
			return nil, err
		case kind == text:
			return body, nil
		case kind == ping:
			s.write(pong, body)
		case kind == closeFrame:
			return nil, fmt.Errorf("closed: %q", body)
		}
	}
}

func (s *socket) frame() (kind byte, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(s.in, head[:2]); err != nil {
		return 0, nil, err
	}
	kind = head[0] & 15
	n := uint64(head[1])
	switch n {
	case 126:
		if _, err := io.ReadFull(s.in, head[:2]); err != nil {
			return 0, nil, err
		}
		n = uint64(binary.BigEndian.Uint16(head[:]))
	case 127:
		if _, err := io.ReadFull(s.in, head[:8]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(head[:])
	}
	if n > 8<<20 {
		return 0, nil, fmt.Errorf("a frame of %d bytes", n)
	}
	body = make([]byte, n)
	_, err = io.ReadFull(s.in, body)
	return kind, body, err
}

// write puts a frame out, with a mask of zeros: what it hides here is nothing.
func (s *socket) write(kind byte, body []byte) {
	head := [14]byte{0x80 | kind}
	n := 2
	switch {
	case len(body) < 126:
		head[1] = 0x80 | byte(len(body))
	default:
		head[1] = 0x80 | 126
		binary.BigEndian.PutUint16(head[2:], uint16(len(body)))
		n = 4
	}
	_, _ = s.out.Write(head[:n+4]) // an error comes back with Flush
	_, _ = s.out.Write(body)
}

// member returns what stands behind a name in JSON that has it once, up to a quote.
func member(body []byte, name string) string {
	i := bytes.Index(body, []byte(`"`+name+`":"`))
	if i < 0 {
		return ""
	}
	rest := body[i+len(name)+4:]
	return string(rest[:max(bytes.IndexByte(rest, '"'), 0)])
}
