// SPDX-License-Identifier: Apache-2.0

// Command mutation shows that the tests of the engine see bugs: it puts one after the other into the code, each alone,
// and fails when the stories and a few simulations pass all the same. A bug that does not apply or compile any more
// fails it, too: the list follows the code. The code itself is not touched, for the compiler is given an overlay.
package main

import (
	"bytes"
	"context"
	_ "embed" // the list of mutants
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	run := flag.String("run", "", "only the mutants whose name or file matches this expression")
	parallel := flag.Int("parallel", 2, "how many are tried at a time")
	seeds := flag.Int("seeds", 0, "how many fresh seeds to simulate besides those known")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := check(ctx, *run, *parallel, *seeds); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

// mutant is one bug. Old must stand in the file exactly once.
type mutant struct {
	file, old, new string
	// breaks is what goes wrong, as a name.
	breaks string
}

//go:embed mutants.txt
var list string

// parse reads the list of mutants.
func parse(text string) ([]mutant, error) {
	var mutants []mutant
	for i, part := range strings.Split(text, "\n== ") {
		if i == 0 {
			continue // what is said of the list
		}
		head, body, _ := strings.Cut(part, "\n-- old\n")
		breaks, file, ok := strings.Cut(head, "\n")
		before, instead, ok2 := strings.Cut(body, "\n-- new\n")
		if !ok || !ok2 {
			return nil, fmt.Errorf("mutant %q is not understood", head)
		}
		mutants = append(mutants, mutant{file, before, strings.Trim(instead, "\n"), breaks})
	}
	return mutants, nil
}

// outcome is what became of a mutant. Survived and bad are failures.
type outcome struct {
	mutant
	caught string        // by which test
	bad    string        // why it could not be tried
	took   time.Duration // to build and to test
}

func check(ctx context.Context, pattern string, parallel, seeds int) error {
	match, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	mutants, err := parse(list)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is in the temporary folder
	t := tester{dir: dir, seeds: seeds}
	if o := t.try(ctx, 0, mutant{breaks: "nothing"}); o.caught != "" || o.bad != "" {
		return fmt.Errorf("the tests fail without any mutant: %s%s", o.caught, o.bad)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	tried, failed, slots := 0, 0, make(chan struct{}, parallel)
	for i, m := range mutants {
		if !match.MatchString(m.breaks) && !match.MatchString(m.file) {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			o := t.try(ctx, i+1, m)
			<-slots
			mu.Lock()
			defer mu.Unlock()
			tried++
			if o.caught == "" {
				failed++
			}
			report(&o)
		})
	}
	wg.Wait()
	if failed > 0 || tried == 0 {
		return fmt.Errorf("%d of %d mutants were not caught", failed, tried)
	}
	fmt.Fprintf(os.Stdout, "all %d mutants were caught\n", tried)
	return ctx.Err()
}

func report(o *outcome) {
	what := "caught by " + o.caught
	switch {
	case o.bad != "":
		what = "IS NO MUTANT: " + o.bad
	case o.caught == "":
		what = "SURVIVED"
	}
	fmt.Fprintf(os.Stdout, "%-10s %-48s %s\n", o.took.Round(time.Millisecond*100), o.breaks, what)
}

// tester builds and runs the engine's tests with a mutant in.
type tester struct {
	dir   string
	seeds int
}

func (t *tester) try(ctx context.Context, i int, m mutant) outcome {
	start := time.Now()
	o := outcome{mutant: m}
	binary := filepath.Join(t.dir, fmt.Sprintf("%d.test", i))
	defer func() { _ = os.Remove(binary) }() // the folder goes anyway
	overlay, err := t.overlay(i, m)
	if err == nil {
		var out []byte
		args := []string{"test", "-c", "-overlay", overlay, "-o", binary, "./internal/engine"}
		if out, err = exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
			err = fmt.Errorf("it does not compile: %s", bytes.TrimSpace(out))
		}
	}
	if err != nil {
		o.bad = err.Error()
		return o
	}
	for _, args := range [][]string{
		{"-test.run", "^TestScenario$"},
		{"-test.run", "^TestSimulation$", "-seeds", strconv.Itoa(t.seeds), "-shrink=false"},
	} {
		args = append(args, "-test.failfast", "-test.timeout", "4m")
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Dir = filepath.Join("internal", "engine")
		if out, err := cmd.CombinedOutput(); err != nil {
			o.caught = firstFailure(out)
			break
		}
	}
	o.took = time.Since(start)
	return o
}

// overlay writes the mutated file, and the list that has the compiler read it.
func (t *tester) overlay(i int, m mutant) (string, error) {
	replace := make(map[string]string)
	if m.file != "" {
		path, err := filepath.Abs(m.file)
		if err != nil {
			return "", err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(body), m.old); n != 1 {
			return "", fmt.Errorf("its text is %d times in %s, not once", n, m.file)
		}
		replace[path] = filepath.Join(t.dir, fmt.Sprintf("%d.go", i))
		mutated := strings.Replace(string(body), m.old, m.new, 1)
		if err := os.WriteFile(replace[path], []byte(mutated), 0o600); err != nil {
			return "", err
		}
	}
	body, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(t.dir, fmt.Sprintf("%d.json", i))
	return list, os.WriteFile(list, body, 0o600)
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+/\S+)|^panic: (.*)`)

// firstFailure names the test that failed first, down to the story.
func firstFailure(out []byte) string {
	first := ""
	for _, m := range failure.FindAllSubmatch(out, -1) {
		if name := string(m[1]) + string(m[2]); strings.HasPrefix(name, first) {
			first = name
		}
	}
	if first == "" {
		return "the tests"
	}
	return first
}
