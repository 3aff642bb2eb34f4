// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/test/centre"
)

// simulate returns what the command prints, for so few customers that it takes no time.
func simulate(t *testing.T, args ...string) (*centre.Report, error) {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), append([]string{"--conversations", "400", "--replications", "3"}, args...), &out); err != nil {
		return nil, err
	}
	r := &centre.Report{}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	r.WallSeconds, r.ConversationsPerSecond = 0, 0
	return r, nil
}

func TestModels(t *testing.T) {
	for name, tc := range map[string]struct{ args, want string }{
		"rate and agents":          {"--arrival-rate 4 --agents 5", "M/M/5 (Erlang C)"},
		"other names":              {"--lambda=4 --mu=2 --servers=3", "M/M/3 (Erlang C)"},
		"units":                    {"--arrival-rate 4 --agents 2 --units 3", "M/M/6 (Erlang C)"},
		"rate of abandonment":      {"--arrival-rate 10 --agents 10 --theta 1", "M/M/10+M (Erlang A)"},
		"patience of one length":   {"--arrival-rate 10 --agents 10 --patience deterministic:2", "M/M/10+G"},
		"nobody waits":             {"--arrival-rate 10 --agents 10 --patience 0 --service-time lognormal:1:2", "M/G/10/10 (Erlang B)"},
		"little room":              {"--arrival-rate 10 --agents 10 --limit 3", "M/M/10/13"},
		"priorities of items":      {"--arrival-rate .3,.5 --priority 1,2 --agents 1", "M/M/1 with priorities"},
		"priorities of queues":     {"--class rate=.3,queue=a --class rate=.5,queue=b --queue name=a,priority=1 --queue name=b --agents 1", "M/M/1 with priorities"},
		"one agent":                {"--arrival-rate .5 --service-time erlang:1:3 --agents 1", "M/G/1 (Pollaczek-Khinchine)"},
		"skills":                   {"--class name=a,rate=.8,skills=a:5 --class name=b,rate=.6,skills=b --agent skills=a:7 --agent skills=a+b", skillModel},
		"skills that do not count": {"--class rate=.8,skills=a --class rate=.6,skills=b --agent skills=a --agent skills=b --skill-matching none", "M/M/2 (Erlang C)"},
		"too much":                 {"--arrival-rate 6 --agents 5", ""},
		"hours":                    {`--arrival-rate 30/h --service-time 4m --agents 5 --hours Mon-Fri_08:00-18:00 --closed assign-anyway`, ""},
		"as people are":            {"--arrival-rate 3 --agents 5 --accept-delay .1 --decline .1 --miss .05 --offer-timeout 5 --cool-off 3 --wrap-up .2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var args []string
			for a := range strings.FieldsSeq(tc.args) {
				args = append(args, strings.ReplaceAll(a, "_", " "))
			}
			r, err := simulate(t, args...)
			if err != nil {
				t.Fatal(err)
			}
			if r.Model != tc.want || (r.Model == "") != (r.NoModel != "") {
				t.Errorf("the model is %q (%s), want %q", r.Model, r.NoModel, tc.want)
			}
			if r.Total.Served == 0 || r.Total.Arrivals != r.Total.Served+r.Total.Abandoned+r.Total.Overflowed+r.Total.Unresolved {
				t.Errorf("the sums do not balance: %+v", r.Total)
			}
		})
	}
}

const skillModel = "skill based, first come first served, the longest idle agent"

func TestBadValues(t *testing.T) {
	for args, want := range map[string]string{
		"--agents 5":                                     "there are no customers: want --arrival-rate R, or --class name=a,rate=R for each class",
		"--arrival-rate 1":                               "there are no agents: want --agents N, or --agent name=ann,skills=a+b:7 for each",
		"--arrival-rate -1 --agents 5":                   `flag --arrival-rate "-1": "-1" is no rate: want a number above 0 such as 0.8 (a second), 2/m or 120/h`,
		"--arrival-rate x --agents 5":                    `flag --arrival-rate "x": "x" is no rate: want a number above 0 such as 0.8 (a second), 2/m or 120/h`,
		"--arrival-rate 1 --agents 0":                    `flag --agents "0": "0" is not right: want a whole number from 1 to 100000`,
		"--arrival-rate 1 --agents 2.5":                  `flag --agents "2.5": "2.5" is not right: want a whole number from 1 to 100000`,
		"--arrival-rate 1 --agents 1 --service-time 0":   `flag --service-time "0": "0" is not right: want a mean above 0 that is not for ever`,
		"--arrivl-rate 1":                                "flag --arrivl-rate is not known: did you mean --arrival-rate?",
		"--arrival-rate 1 --agents":                      "flag --agents has no value: want a whole number from 1",
		"4":                                              `"4" is no flag: want --NAME VALUE`,
		"--method Fastest":                               `flag --method "Fastest": "Fastest" is not known: want LeastActive or HighestCapacity or RoundRobin`,
		"--class name=a":                                 `flag --class "name=a": it has no rate: want rate=R, such as rate=0.8`,
		"--class name=a,rate=1,color=red":                `flag --class "name=a,rate=1,color=red": "color" is not known: want some of arrival-rate, mean-service, name, patience, priority, queue, rate, service, service-time, skills, units`,
		"--agent skills=a:11":                            `flag --agent "skills=a:11": skills: "11" is not right: want a whole number from 1 to 10`,
		"--arrival-rate 1,2,3 --priority 1,2 --agents 1": "--priority has 2 values and --arrival-rate 3: want one for all, or one for each",
		"--hours Mon-Fri":                                `flag --hours "Mon-Fri": "Mon-Fri" are no hours: want days and times such as "Mon-Fri 08:00-18:00", several separated by semicolons`,
		"--arrival-rate 1 --agent name=a,queues=none":    `agent a: there is no queue "none": want main`,
		"--queue name=vip --queue name=b --class rate=1,queue=vpi --agents 2": `class class-1: there is no queue "vpi": want vip or b`,
		"--arrival-rate 1 --agents 1 --service-rate 0":                        `flag --service-rate "0": "0" is no rate: want a number above 0 such as 0.8 (a second), 2/m or 120/h`,
		"--arrival-rate 1 --servers 0":                                        `flag --servers "0": "0" is not right: want a whole number from 1 to 100000`,
		"--arrival-rate 1 --agents 2 --servers 3":                             `flag --servers "3": there is flag --agents "2" already, and one counts`,
		"--arrival-rate 1 --agents 1 --duration 0":                            `flag --duration "0": "0" is not right: want a time above 0`,
		"--arrival-rate 1 --agents 1 --duration 0h":                           `flag --duration "0h": "0h" is not right: want a time above 0`,
		"--arrival-rate 1 --agents 1 --duration -3h":                          `flag --duration "-3h": "-3h" is no time: want seconds such as 90 or 0.5, or a duration such as 3m`,
		"--arrival-rate 1 --agents 1 --duration 1e300":                        "in 1e+300 seconds 1e+300 conversations arrive: want a --duration for at most 1000000000",
		"--arrival-rate 1 --agents 1 --offer-timeout 0":                       `flag --offer-timeout "0": "0" is not right: want a time above 0`,
		"--arrival-rate 1 --agents 2 --conversations 1000 --duration 1h":      `--conversations 1000 and --duration 3600 say the same in two ways: want one of them`,
		"--class name=a,rate=1,rate=2 --agents 1":                             `flag --class "name=a,rate=1,rate=2": rate is there twice: want it once`,
		"--bogus 1":       "flag --bogus is not known",
		"--servce-rate 1": "flag --servce-rate is not known: did you mean --service-rate?",
		"--arrival-rate 1 --agents 1 --decline .7 --miss .7":         "offers are declined with probability 0.7 and missed with 0.7: together that is more than 1",
		"--class name=a,rate=1 --class name=a,rate=1 --agents 1":     `two classes are named "a"`,
		"--arrival-rate 1 --agents 1 --theta x":                      `flag --theta "x": "x" is no rate: want a number above 0 such as 0.8 (a second), 2/m or 120/h`,
		"--arrival-rate 1 --agents 1 --replications 1":               `flag --replications "1": "1" is not right: want a whole number from 2 to 100000`,
		"--arrival-rate 1 --agents 1 --output xml":                   `flag --output "xml": "xml" is not known: want json or text`,
		"--arrival-rate 1 --agents 1 --service-time lognormal:1:x":   `flag --service-time "lognormal:1:x": "lognormal:1:x" has no coefficient of variation above 0, such as lognormal:180:0.8`,
		"--arrival-rate 1 --agents 1 --service-time lognormal:1:NaN": `flag --service-time "lognormal:1:NaN": "lognormal:1:NaN" has no coefficient of variation above 0, such as lognormal:180:0.8`,
		"--class rate=1,service=inf --agents 2":                      `flag --class "rate=1,service=inf": service: "inf" is not right: want a mean above 0 that is not for ever`,
		"--arrival-rate 1 --agent skills=a:3+a":                      `flag --agent "skills=a:3+a": skills: skill "a" is there twice: want it once`,
		"--arrival-rate 1 --agents 2 --queue name=q --queue name=q":  `two queues are named "q"`,
		"--arrival-rate 1 --agents 2 --warmup 1e15":                  "a run of 1e+15 seconds has no clock that tells times of 1 seconds: want fewer --conversations, a shorter --duration or --warmup, or times that are not so different",
	} {
		err := run(t.Context(), strings.Fields(args), &bytes.Buffer{})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", args, err, want)
		}
	}
}

// TestFile: a file says the same as flags, and flags replace what it says.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "centre.yaml")
	body := `
classes:
- {name: a, rate: 0.8, meanService: 1, skills: [a]}
- {name: b, rate: 0.6, service: 1, skills: {b: 5}, priority: 1}
agents:
- {name: ann, skills: [a]}
- {name: bob, count: 2, skills: {a: 3, b: 7}}
seed: 3
waitAbove: [1, 2]
`
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{
		"--class", "name=a,rate=0.8,skills=a", "--class", "name=b,rate=0.6,skills=b:5,priority=1",
		"--agent", "name=ann,skills=a", "--agent", "name=bob,count=2,skills=a:3+b:7", "--wait-above", "1,2",
	}
	want, err := simulate(t, append(flags, "--seed", "3")...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := simulate(t, "--config", path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-flags +file:\n%s", d)
	}
	other, err := simulate(t, "--config", path, "--seed", "4")
	if err != nil {
		t.Fatal(err)
	}
	if other.Seed != 4 || cmp.Equal(want, other) {
		t.Error("the seed of the command line does not count")
	}
	if err := os.WriteFile(path, []byte("agnets: 3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := simulate(t, "--config", path); err == nil || !strings.HasSuffix(err.Error(), "agnets is not known: did you mean --agents?") {
		t.Errorf("a name that is not known: %v", err)
	}
}

// TestFileOfSeveral: what may be there several times is a list in a file, and each of it counts; of what may not, two are
// refused.
func TestFileOfSeveral(t *testing.T) {
	path := filepath.Join(t.TempDir(), "centre.yaml")
	write := func(body string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("{arrivalRate: [1, 2], agents: 4, percentiles: [50, 99]}")
	r, err := simulate(t, "--config", path)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Classes) != 2 || len(r.Total.WaitPercentiles) != 2 {
		t.Errorf("%d classes and percentiles %v, want two of both", len(r.Classes), r.Total.WaitPercentiles)
	}
	write("{arrivalRate: 1, agents: 4, servers: 5}")
	want := path + `: servers "5": there is ` + path + `: agents "4" already, and one counts`
	if _, err := simulate(t, "--config", path); err == nil || err.Error() != want {
		t.Errorf("two numbers of agents: %v, want %s", err, want)
	}
}

// TestFileSaysTwice: of two keys that are the same nobody knows which one counts.
func TestFileSaysTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "centre.yaml")
	if err := os.WriteFile(path, []byte("arrivalRate: 1\narrivalRate: 2\nagents: 4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := path + ": line 2: arrivalRate is there twice: want it once, with a list where there are several"
	if _, err := simulate(t, "--config", path); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestDuration: a replication is looked at for as long as is said, however few arrive, and who never came has no figures.
func TestDuration(t *testing.T) {
	var out bytes.Buffer
	args := "--arrival-rate 1,0.0001 --agents 2 --duration 12.3 --replications 3"
	if err := run(t.Context(), strings.Fields(args), &out); err != nil {
		t.Fatal(err)
	}
	var r centre.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Span != 12.3 || r.Classes[1].Arrivals != 0 || r.Classes[1].WaitProbability.Theory != nil {
		t.Errorf("the span is %g, and of who did not come %+v", r.Span, r.Classes[1])
	}
	if want := "no customers of class class-2 came: its figures say nothing"; !slices.Contains(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
}

// TestMaxDeclines: the only agent declines half of the offers. After three of an item it is nobody's, unless there is no limit.
func TestMaxDeclines(t *testing.T) {
	args := strings.Fields("--arrival-rate .1 --agents 1 --decline .5 --reoffer-after .1")
	r, err := simulate(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	if share := float64(r.Total.Unresolved) / float64(r.Total.Arrivals); share < .09 || share > .16 {
		t.Errorf("%g of all were declined for good, want an eighth", share)
	}
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "--max-declines") }) {
		t.Errorf("warnings %q", r.Warnings)
	}
	r, err = simulate(t, append(args, "--max-declines", "0")...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Total.Unresolved != 0 || r.Total.Served != r.Total.Arrivals {
		t.Errorf("without a limit: %+v", r.Total)
	}
}

func TestHelpNamesAllFlags(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, &out); err != nil {
		t.Fatal(err)
	}
	for i := range flags {
		if !strings.Contains(out.String(), "--"+flags[i].name) {
			t.Errorf("--help does not name --%s", flags[i].name)
		}
	}
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	args := "--arrival-rate 1,1 --agents 3 --theta 1 --conversations 400 --replications 3 --output text"
	if err := run(t.Context(), strings.Fields(args), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"model: M/M/3+M (Erlang A)", "class-2:", "  abandonment", "utilisation", "agent-3", "seed 1", "\n                           found     standard error"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
}
