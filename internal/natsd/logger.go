// SPDX-License-Identifier: Apache-2.0

package natsd

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// logger passes the server's log on, with its notices as details that nobody asked for. It remembers what the server
// tells nobody but its log.
type logger struct {
	log *slog.Logger

	mu      sync.Mutex
	fatal   error
	warning string
}

func newLogger(log *slog.Logger) *logger { return &logger{log: log.With("component", "nats")} }

func (l *logger) fatalError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

func (l *logger) lastWarning() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.warning
}

// Noticef implements server.Logger.
func (l *logger) Noticef(format string, v ...any) {
	l.log.Debug("NATS server", "message", text(format, v))
}

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) {
	m := text(format, v)
	l.mu.Lock()
	l.warning = m
	l.mu.Unlock()
	l.log.Warn("NATS server", "message", m)
}

// Errorf implements server.Logger.
func (l *logger) Errorf(format string, v ...any) {
	l.log.Error("NATS server", "message", text(format, v))
}

// Fatalf implements server.Logger. The server expects the process to end here; Start ends instead.
func (l *logger) Fatalf(format string, v ...any) {
	m := text(format, v)
	l.mu.Lock()
	l.fatal = errors.Join(l.fatal, errors.New(m))
	l.mu.Unlock()
	l.log.Error("NATS server", "message", m)
}

// Debugf implements server.Logger.
func (l *logger) Debugf(format string, v ...any) {
	l.log.Debug("NATS server", "message", text(format, v))
}

// Tracef implements server.Logger. Traces contain messages, which never go into a log.
func (l *logger) Tracef(string, ...any) {}

func text(format string, v []any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }
