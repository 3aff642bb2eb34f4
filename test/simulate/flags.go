// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
)

// setting is one flag with a value, from the command line or a file.
type setting struct {
	name, value string
	file        string
	said        [2]string // the name and the value as they were given, which may be another name of the flag
}

// where says where it was set.
func (s *setting) where() string {
	if s.file != "" {
		return fmt.Sprintf("%s: %s %q", s.file, s.said[0], s.said[1])
	}
	return fmt.Sprintf("flag --%s %q", s.said[0], s.said[1])
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
	all = append(all, line...)
	if err := once(all); err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.name == "config" {
			continue
		}
		if err := find(l.name).set(s, l.value); err != nil {
			return nil, fmt.Errorf("%s: %w", l.where(), err)
		}
	}
	return s, nil
}

// once refuses what is there twice and cannot be.
func once(all []setting) error {
	first := make(map[string]*setting)
	for i := range all {
		l := &all[i]
		if before := first[l.name]; before != nil && !find(l.name).several {
			return fmt.Errorf("%s: there is %s already, and one counts", l.where(), before.where())
		}
		first[l.name] = l
	}
	return nil
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
			return []setting{{name: "help", value: "true"}}, nil // whatever else is there
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
		out = append(out, setting{name: f.name, value: set, said: [2]string{name, value}})
	}
	return out, nil
}

// unknown is the error of a name that is not known, with one that is like it.
func unknown(what, name string) error {
	best, distance := "", len(name)
	for i := range flags {
		for _, known := range slices.Concat([]string{flags[i].name}, flags[i].aliases, flags[i].inverse) {
			// More than a third of it is another word.
			if d := edits(name, known); d < distance && d <= min(len(name), len(known))/3 {
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
