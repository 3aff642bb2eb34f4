// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// The defaults of a Config.
const (
	defaultSnapshotEntries = 10_000
	// What is replayed after a crash takes about a second for each 16 MB.
	defaultSnapshotBytes = 32 << 20
	defaultShutdown      = 25 * time.Second
)

// Config says what a distributor serves and where. Zero values are the defaults where there are any.
type Config struct {
	// Namespace is the organisation that is served.
	Namespace string
	// Distributor and Replica are who this is, for the manager.
	Distributor string
	Replica     string

	// Listen is the address of the API, AdminListen that of health, readiness and metrics.
	Listen      string
	AdminListen string
	// Profiling also serves /debug/pprof on AdminListen.
	Profiling bool

	// DataDir is where the journal is, CredentialsDir where secrets are mounted.
	DataDir        string
	CredentialsDir string

	// PlanfeedAddress is where the manager sends plans from; empty: there is none, the journal's plan stays in force.
	PlanfeedAddress    string
	PlanfeedServerName string
	PlanfeedCA         string
	PlanfeedToken      string

	// PlanFile is a file with a compiled plan, for a distributor without a manager. It is read again when it changes.
	PlanFile string

	// SnapshotEntries and SnapshotBytes are how much is appended between two snapshots.
	SnapshotEntries int
	SnapshotBytes   int
	// CheckInvariants looks at the whole state after every step: for tests.
	CheckInvariants bool
	// Shutdown is how long Stop may take.
	Shutdown time.Duration

	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.SnapshotEntries == 0 {
		c.SnapshotEntries = defaultSnapshotEntries
	}
	if c.SnapshotBytes == 0 {
		c.SnapshotBytes = defaultSnapshotBytes
	}
	if c.Shutdown == 0 {
		c.Shutdown = defaultShutdown
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c *Config) check() error {
	for _, f := range []struct{ flag, value string }{
		{"namespace", c.Namespace},
		{"distributor", c.Distributor},
		{"replica", c.Replica},
		{"listen", c.Listen},
		{"admin-listen", c.AdminListen},
		{"data-dir", c.DataDir},
		{"credentials-dir", c.CredentialsDir},
	} {
		if f.value == "" {
			return fmt.Errorf("%s must be set", f.flag)
		}
	}
	if c.PlanfeedAddress != "" && (c.PlanfeedCA == "" || c.PlanfeedToken == "") {
		return errors.New("planfeed-address needs planfeed-ca and planfeed-token")
	}
	if c.PlanfeedAddress != "" && c.PlanFile != "" {
		return errors.New("planfeed-address and plan exclude each other")
	}
	return nil
}
