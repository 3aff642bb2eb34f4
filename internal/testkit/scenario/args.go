// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/datadriven"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// args are the arguments of a line. What is asked for is taken out, so that what is left is a mistake.
type args struct {
	words  []string
	values map[string][]string
	err    error
}

func parse(line string) (string, *args, error) {
	name, list, err := datadriven.ParseLine(line)
	if err != nil {
		return "", nil, err
	}
	return name, newArgs(list), nil
}

func newArgs(list []datadriven.CmdArg) *args {
	a := &args{values: make(map[string][]string)}
	for _, x := range list {
		if x.Vals == nil {
			a.words = append(a.words, x.Key)
			continue
		}
		a.values[x.Key] = x.Vals
	}
	return a
}

func (a *args) fail(format string, list ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, list...)
	}
}

// word takes the next argument that has no name.
func (a *args) word() string {
	if len(a.words) == 0 {
		a.fail("an argument is missing")
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// flag takes a word away and reports whether it was there.
func (a *args) flag(name string) bool {
	for i, w := range a.words {
		if w == name {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return true
		}
	}
	return false
}

func (a *args) list(name string, or ...string) []string {
	if v, ok := a.values[name]; ok {
		delete(a.values, name)
		return v
	}
	return or
}

func (a *args) text(name, or string) string { return strings.Join(a.list(name, or), ", ") }

func (a *args) number(name string, or int) int32 {
	n, err := strconv.ParseInt(a.text(name, strconv.Itoa(or)), 10, 32)
	if err != nil {
		a.fail("%s: %w", name, err)
	}
	return int32(n)
}

func (a *args) duration(name, or string) time.Duration {
	d, err := time.ParseDuration(a.text(name, or))
	if err != nil {
		a.fail("%s: %w", name, err)
	}
	return d
}

// done returns what was wrong with the line.
func (a *args) done() error {
	if a.err == nil && (len(a.words) > 0 || len(a.values) > 0) {
		return fmt.Errorf("not understood: %v %v", a.words, a.values)
	}
	return a.err
}

// attributes takes all that is named root.name.
func (a *args) attributes() rule.Attributes {
	attrs := rule.Attributes{}
	for k, v := range a.values {
		if strings.Contains(k, ".") {
			delete(a.values, k)
			attrs[k] = parseValue(strings.Join(v, ", "))
		}
	}
	return attrs
}

// parseValue takes what looks like a number for one.
func parseValue(s string) rule.Value {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return rule.NumberValue(f)
	}
	return rule.TextValue(s)
}

// skills takes a list of NAME or NAME:RATING.
func (a *args) skills() []plan.Skill {
	var out []plan.Skill
	for _, s := range a.list("skills") {
		name, rating := a.pair(s, 0)
		out = append(out, plan.Skill{Name: name, Rating: rating})
	}
	return out
}

// pair reads NAME or NAME:NUMBER.
func (a *args) pair(s string, or int32) (string, int32) {
	name, number, ok := strings.Cut(s, ":")
	if !ok {
		return name, or
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		a.fail("%s: %w", s, err)
	}
	return name, int32(n)
}

// minutes reads 09:30 as minutes since midnight; 33:00 is nine on the next day.
func (a *args) minutes(s string) int32 {
	h, m := a.pair(s, 0)
	hours, err := strconv.ParseInt(h, 10, 32)
	if err != nil {
		a.fail("%s: %w", s, err)
	}
	return int32(hours)*60 + m
}
