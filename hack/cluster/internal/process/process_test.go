// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestParseStart(t *testing.T) {
	const rest = " 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0"
	got, err := parseStart("42 (a ) b) S" + rest)
	if err != nil || got != 4711 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := parseStart("42 (x) Z" + rest); err == nil {
		t.Error("a zombie was taken for alive")
	}
	if _, err := parseStart("42 (x)"); err == nil {
		t.Error("a short line was accepted")
	}
}

func TestStartStop(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("no sleep")
	}
	set := Set{Dir: t.TempDir(), Logs: t.TempDir()}
	record, err := set.Start(Spec{Name: "sleeper", Path: sleep, Args: []string{"60"}})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := set.Load("sleeper")
	if err != nil || !loaded.Alive() {
		t.Fatalf("not alive: %+v, %v", loaded, err)
	}
	if err := set.Stop("sleeper", time.Second); err != nil {
		t.Fatal(err)
	}
	if record.Alive() {
		t.Error("still alive")
	}
	if all := set.All(); len(all) != 1 || !all[0].Stopped() {
		t.Errorf("unexpected records: %+v", all)
	}
}

func TestForeignProcessIsLeftAlone(t *testing.T) {
	exe, err := executable(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Record{
		"other program": {PID: os.Getpid(), Executable: "/no/such/program"},
		"reused pid":    {PID: os.Getpid(), Executable: exe, Started: 1},
	} {
		// The test ends here, killed, if this is wrong.
		if err := r.End(time.Millisecond); err != nil || r.Alive() {
			t.Errorf("%s: taken for ours: %v", name, err)
		}
	}
}
