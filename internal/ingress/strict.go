// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// shape holds JSON that has been decoded already against the type that it was decoded into. It finds what the decoder
// passes over: a name twice, of which it takes the last; a name in another case, which it takes for ours; null, which it
// takes for nothing. Each of these would have two readers see two different things in one body.
type shape struct {
	body []byte
	at   int
	// nulls says that null may stand for a field that is left out.
	nulls bool
}

// checkShape needs a body that was decoded into v without error.
func checkShape(body []byte, v any, nulls bool) error {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := &shape{body: body, nulls: nulls}
	if s.next() == 'n' {
		return NewProblem(http.StatusUnprocessableEntity, ReasonInvalidField, "the body must be a JSON object, not null")
	}
	return s.value(t, "")
}

// value passes over one value; t is nil where nothing is known of it.
func (s *shape) value(t reflect.Type, path string) error {
	switch c := s.next(); c {
	case '{':
		if t != nil && (t.Kind() == reflect.Struct || t.Kind() == reflect.Map) {
			return s.object(t, path)
		}
		s.skipNested('{', '}')
	case '[':
		s.skipNested('[', ']')
	case '"':
		s.text()
	default:
		for s.at < len(s.body) && !strings.ContainsRune(",]} \t\r\n", rune(s.body[s.at])) {
			s.at++
		}
	}
	return nil
}

// object looks at every member.
func (s *shape) object(t reflect.Type, path string) error {
	var seen names
	s.at++ // {
	for s.next() != '}' {
		if s.body[s.at] == ',' {
			s.at++
			s.next()
		}
		name := s.text()
		full := name
		if path != "" {
			full = path + "." + name
		}
		if !seen.add(name) {
			return InvalidField(full, "", full+" must be given once only")
		}
		s.next()
		s.at++ // :
		of, err := s.member(t, name, full)
		if err != nil {
			return err
		}
		if err := s.value(of, full); err != nil {
			return err
		}
	}
	s.at++ // }
	return nil
}

// member returns the type of what stands under a name, nil where nothing is to be known of it.
func (s *shape) member(t reflect.Type, name, full string) (reflect.Type, error) {
	if t.Kind() != reflect.Struct {
		return nil, nil //nolint:nilnil // what stands in a map is looked at by whoever reads the map
	}
	for _, f := range fieldsOf(t) {
		switch {
		case f.name == name:
			if s.next() == 'n' && !s.nulls && f.is.Kind() != reflect.Pointer {
				return nil, InvalidField(full, "", fmt.Sprintf("%s must be a JSON %s, not null", full, jsonName(f.is.Kind().String())))
			}
			return f.is, nil
		case strings.EqualFold(f.name, name):
			return nil, InvalidField(full, "", fmt.Sprintf("there is no field %q here; it is written %q", name, f.name))
		}
	}
	return nil, nil //nolint:nilnil // a field that is passed over
}

// field is a member of a struct, by its name in JSON.
type field struct {
	name string
	is   reflect.Type
}

// known has the fields of the types that were asked for, which are a few of ours.
var known sync.Map

func fieldsOf(t reflect.Type) []field {
	if had, ok := known.Load(t); ok {
		return had.([]field) //nolint:forcetypeassert // nothing else is in it
	}
	var list []field
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		list = append(list, field{name, f.Type})
	}
	known.Store(t, list)
	return list
}

// next passes over white space and returns what follows.
func (s *shape) next() byte {
	for s.at < len(s.body) {
		switch c := s.body[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// text passes over a string and returns it.
func (s *shape) text() string {
	start, escapes := s.at, false
	for s.at++; s.body[s.at] != '"'; s.at++ {
		if s.body[s.at] == '\\' {
			escapes = true
			s.at++
		}
	}
	s.at++
	if !escapes {
		return string(s.body[start+1 : s.at-1])
	}
	var plain string
	_ = json.Unmarshal(s.body[start:s.at], &plain) // it was decoded before
	return plain
}

// skipNested passes over an object or a list with all that is in it.
func (s *shape) skipNested(opening, closing byte) {
	for depth := 0; ; {
		switch s.body[s.at] {
		case '"':
			s.text()
			continue
		case opening:
			depth++
		case closing:
			depth--
		}
		s.at++
		if depth == 0 {
			return
		}
	}
}

// names is a set that is small most of the time.
type names struct {
	few  [16]string
	n    int
	many map[string]struct{}
}

// add reports whether name is new.
func (s *names) add(name string) bool {
	if s.many == nil {
		if slices.Contains(s.few[:s.n], name) {
			return false
		}
		if s.n < len(s.few) {
			s.few[s.n] = name
			s.n++
			return true
		}
		s.many = make(map[string]struct{}, 4*len(s.few))
		for _, known := range s.few {
			s.many[known] = struct{}{}
		}
	}
	if _, known := s.many[name]; known {
		return false
	}
	s.many[name] = struct{}{}
	return true
}
