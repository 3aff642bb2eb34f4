// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output is what a process wrote so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String returns it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func TestRunRefuses(t *testing.T) {
	cases := map[string]struct {
		args []string
		code int
		says string
	}{
		"help":               {[]string{"-h"}, 0, "-data-dir"},
		"an unknown flag":    {[]string{"--nonsense"}, 2, "nonsense"},
		"an unknown level":   {[]string{"--log-level=loud"}, 2, "loud"},
		"no namespace":       {nil, 1, "namespace must be set"},
		"a feed without key": {[]string{"--namespace=a", "--distributor=b", "--replica=c", "--planfeed-address=d:1"}, 1, "planfeed-ca"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var errOut output
			if code := run(tc.args, &output{}, &errOut); code != tc.code || !strings.Contains(errOut.String(), tc.says) {
				t.Errorf("exit code %d, want %d; it says %q, want %q in it", code, tc.code, errOut.String(), tc.says)
			}
		})
	}
}

func TestRunPrintsItsVersion(t *testing.T) {
	var out output
	if code := run([]string{"--version"}, &out, &output{}); code != 0 || strings.TrimSpace(out.String()) == "" {
		t.Errorf("exit code %d, output %q", code, out.String())
	}
}

func TestRunEndsInOrderOnSIGTERM(t *testing.T) {
	dir := t.TempDir()
	var errOut output
	ended := make(chan int, 1)
	go func() {
		ended <- run([]string{
			"--namespace=contoso", "--distributor=default", "--replica=test-0", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0",
			"--data-dir=" + filepath.Join(dir, "data"), "--credentials-dir=" + dir,
		}, &output{}, &errOut)
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(errOut.String(), "Started the distributor") {
		if time.Now().After(deadline) {
			t.Fatalf("it does not start:\n%s", errOut.String())
		}
		<-tick.C
	}
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if !strings.Contains(errOut.String(), "Stopped the distributor") {
		t.Errorf("it did not stop in order:\n%s", errOut.String())
	}
	for line := range strings.Lines(errOut.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
}
