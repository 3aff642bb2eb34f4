// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// setting is one flag with a value, from the command line or a file.
type setting struct{ name, value, file string }

// where says where it was set.
func (s *setting) where() string {
	if s.file != "" {
		return fmt.Sprintf("%s: %s %q", s.file, s.name, s.value)
	}
	return fmt.Sprintf("flag --%s %q", s.name, s.value)
}

// read takes the command line apart. What it says of a flag replaces what the file says of the same.
func read(args []string) (*settings, error) {
	line, err := split(args)
	if err != nil {
		return nil, err
	}
	var all []setting
	said := make(map[string]bool)
	for _, l := range line {
		said[l.name] = true
	}
	for _, l := range line {
		if l.name != "config" {
			continue
		}
		list, err := readFile(l.value)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			if !said[f.name] {
				all = append(all, f)
			}
		}
	}
	s := newSettings()
	for _, l := range append(all, line...) {
		if l.name == "config" {
			continue
		}
		if err := find(l.name).set(s, l.value); err != nil {
			return nil, fmt.Errorf("%s: %w", l.where(), err)
		}
	}
	return s, nil
}

// split makes settings of --name value, --name=value and -name alike.
func split(args []string) ([]setting, error) {
	var out []setting
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, value, has := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !strings.HasPrefix(arg, "-") || name == "" {
			return nil, fmt.Errorf("%q is no flag: want --NAME VALUE", arg)
		}
		if name == "h" || name == "help" {
			out = append(out, setting{name: "help", value: "true"})
			continue
		}
		f, sameAs := lookup(name)
		if f == nil {
			return nil, unknown("flag --"+name, name)
		}
		if !has {
			if i++; i == len(args) {
				return nil, fmt.Errorf("flag --%s has no value: want %s", name, f.want)
			}
			value = args[i]
		}
		set, err := sameAs(value)
		if err != nil {
			return nil, fmt.Errorf("flag --%s %q: %w", name, value, err)
		}
		out = append(out, setting{name: f.name, value: set})
	}
	return out, nil
}

// unknown is the error of a name that is not known, with one that is like it.
func unknown(what, name string) error {
	best, distance := "", 4
	for i := range flags {
		for _, known := range append([]string{flags[i].name}, flags[i].aliases...) {
			if d := edits(name, known); d < distance {
				best, distance = known, d
			}
		}
	}
	if best != "" {
		return fmt.Errorf("%s is not known: did you mean --%s?", what, best)
	}
	return fmt.Errorf("%s is not known", what)
}

// edits is how many letters make the difference (Levenshtein).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}
