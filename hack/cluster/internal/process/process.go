// SPDX-License-Identifier: Apache-2.0

// Package process starts the cluster's programs, remembers them in files and ends exactly those.
package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Spec says how to start a program.
type Spec struct {
	// Name names the record and the log.
	Name string
	// Path is the program's file.
	Path string
	Args []string
	// Env is added to PATH and HOME, all that a program gets of our environment.
	Env []string
}

// Record is what is remembered of a started program.
type Record struct {
	Spec
	// PID is the process; zero when the program was stopped on purpose.
	PID int
	// Executable is what /proc/PID/exe pointed to.
	Executable string
	// Started is the process's start time in the kernel's ticks: with it a pid that was given to
	// another process since is not taken for ours.
	Started uint64
	Log     string
}

// Set is the programs whose records are in one folder.
type Set struct{ Dir, Logs string }

// Start starts the program detached from the caller, appending to its log, and records it.
func (s Set) Start(spec Spec) (Record, error) {
	record := Record{Spec: spec, Log: filepath.Join(s.Logs, spec.Name+".log")}
	for _, dir := range []string{s.Dir, s.Logs} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return record, fmt.Errorf("starting %s: %w", spec.Name, err)
		}
	}
	log, err := os.OpenFile(record.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return record, fmt.Errorf("starting %s: %w", spec.Name, err)
	}
	defer func() { _ = log.Close() }()
	// Deliberately without a context: the program outlives the command that starts it.
	cmd := exec.Command(spec.Path, spec.Args...) //nolint:noctx // see above
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, "/"
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=/root"}, spec.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return record, fmt.Errorf("starting %s: %w", spec.Name, err)
	}
	// Reaps the program if it ends while we still run; otherwise init does.
	go func() { _ = cmd.Wait() }()
	found, err := Find(spec.Name, cmd.Process.Pid)
	if err != nil {
		return record, fmt.Errorf("starting %s: it ended at once, see %s: %w", spec.Name, record.Log, err)
	}
	record.PID, record.Executable, record.Started = found.PID, found.Executable, found.Started
	return record, s.save(record)
}

func (s Set) file(name string) string { return filepath.Join(s.Dir, name+".json") }

func (s Set) save(record Record) error {
	data, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return fmt.Errorf("recording %s: %w", record.Name, err)
	}
	temporary := s.file(record.Name) + ".tmp"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("recording %s: %w", record.Name, err)
	}
	if err := os.Rename(temporary, s.file(record.Name)); err != nil {
		return fmt.Errorf("recording %s: %w", record.Name, err)
	}
	return nil
}

// Load reads one record.
func (s Set) Load(name string) (Record, error) {
	var record Record
	data, err := os.ReadFile(s.file(name))
	if err != nil {
		return record, fmt.Errorf("reading the record of %s: %w", name, err)
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return record, fmt.Errorf("reading the record of %s: %w", name, err)
	}
	return record, nil
}

// All reads all records, sorted by name; unreadable ones are skipped, as after a full disk.
func (s Set) All() []Record {
	files, _ := filepath.Glob(s.file("*"))
	slices.Sort(files)
	var records []Record
	for _, f := range files {
		if r, err := s.Load(strings.TrimSuffix(filepath.Base(f), ".json")); err == nil {
			records = append(records, r)
		}
	}
	return records
}

// Stop ends a program, first politely, and keeps its record so that it can be started again.
func (s Set) Stop(name string, grace time.Duration) error {
	record, err := s.Load(name)
	if err != nil {
		return err
	}
	if err := record.End(grace); err != nil {
		return err
	}
	record.PID, record.Started = 0, 0
	return s.save(record)
}

// Stopped says whether the program was stopped on purpose.
func (r Record) Stopped() bool { return r.PID == 0 }

// Alive says whether the recorded process still runs and is the one that we started.
func (r Record) Alive() bool {
	if r.PID == 0 {
		return false
	}
	exe, err := executable(r.PID)
	if err != nil || exe != r.Executable {
		return false
	}
	started, err := startTime(r.PID)
	return err == nil && started == r.Started
}

// End asks the process to end and, after the grace period, kills it. A process that is not ours, or
// no longer there, is left alone.
func (r Record) End(grace time.Duration) error {
	if r.PID == 0 {
		return nil
	}
	// The descriptor stands for this very process: checked after it was opened, it cannot come to
	// mean another one that got the same pid.
	fd, err := unix.PidfdOpen(r.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ending %s (pid %d): %w", r.Name, r.PID, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if !r.Alive() {
		return nil
	}
	for _, step := range []struct {
		signal unix.Signal
		wait   time.Duration
	}{{unix.SIGTERM, grace}, {unix.SIGKILL, 10 * time.Second}} {
		if err := unix.PidfdSendSignal(fd, step.signal, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("ending %s (pid %d): %w", r.Name, r.PID, err)
		}
		if ended(fd, step.wait) {
			return nil
		}
	}
	return fmt.Errorf("ending %s: pid %d survived SIGKILL", r.Name, r.PID)
}

// ended waits for the process behind the descriptor.
func ended(fd int, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for {
		left := max(0, time.Until(deadline))
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds()))
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}

func executable(pid int) (string, error) {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	// A program whose file was replaced since is still the one that we started.
	return strings.TrimSuffix(exe, " (deleted)"), err
}

func startTime(pid int) (uint64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStart(string(data))
}

// parseStart takes the start time from the text of /proc/PID/stat. A zombie counts as gone.
func parseStart(stat string) (uint64, error) {
	// The second field, the name in brackets, may hold blanks and brackets itself.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const state, start = 0, 19 // counted from the third field
	if len(fields) <= start {
		return 0, fmt.Errorf("parsing process status: %d fields", len(fields))
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return 0, os.ErrProcessDone
	}
	return strconv.ParseUint(fields[start], 10, 64)
}

// Find makes a record of a process that something of ours started.
func Find(name string, pid int) (Record, error) {
	record := Record{Spec: Spec{Name: name}, PID: pid}
	var err error
	if record.Executable, err = executable(pid); err == nil {
		record.Started, err = startTime(pid)
	}
	if err != nil {
		return record, fmt.Errorf("looking at process %d: %w", pid, err)
	}
	return record, nil
}
