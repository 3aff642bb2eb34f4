// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/internal/compile"
)

// Entry is an object with where it stands.
type Entry struct {
	Kind, Namespace, Name string
	// Object is typed and has its defaults. It must not be changed.
	Object Object

	content  map[string]any
	tree     *tree // nil of what comes from a cluster
	problems []Problem
}

// Valid reports whether an API server would take it.
func (e *Entry) Valid() bool { return len(e.problems) == 0 }

// FromFile reports whether it stands in a file.
func (e *Entry) FromFile() bool { return e.tree != nil }

// Place is where a field stands, or what comes closest to it. It is zero for what comes from a cluster.
func (e *Entry) Place(path string) Place { return e.tree.place(path) }

// Named writes a path with the names of the list items on its way.
func (e *Entry) Named(path string) string { return e.tree.named(path) }

func (e *Entry) problem(path, message string) {
	e.problems = append(e.problems, Problem{
		Place: e.tree.place(path), Kind: e.Kind, Namespace: e.Namespace, Name: e.Name, Field: e.tree.named(path), Message: message,
	})
}

// Skipped is an object of a file that is none of ours.
type Skipped struct {
	Place
	APIVersion, Kind, Name string
}

type key struct{ kind, namespace, name string }

// Set is a number of objects, each once.
type Set struct {
	// Skipped are the objects of other APIs that the files have.
	Skipped []Skipped

	entries map[key]*Entry
	// secrets has the keys of Secrets by namespace and name, never a value.
	secrets map[string]map[string][]string
}

// NewSet returns a set without objects.
func NewSet() *Set { return &Set{entries: map[key]*Entry{}, secrets: map[string]map[string][]string{}} }

// Put adds an object that comes from a cluster, or replaces the one of its name.
func (s *Set) Put(k *Kind, o Object) {
	s.put(&Entry{Kind: k.Name, Namespace: o.GetNamespace(), Name: o.GetName(), Object: o})
}

func (s *Set) put(e *Entry) { s.entries[key{e.Kind, e.Namespace, e.Name}] = e }

// PutSecret says which keys a Secret has; nil says that there is no such Secret.
func (s *Set) PutSecret(namespace, name string, keys []string) {
	if s.secrets[namespace] == nil {
		s.secrets[namespace] = map[string][]string{}
	}
	s.secrets[namespace][name] = keys
}

func (s *Set) putSecret(namespace, name string, content map[string]any) {
	keys := map[string]bool{}
	for _, field := range []string{"data", "stringData"} {
		values, _ := content[field].(map[string]any)
		for k := range values {
			keys[k] = true
		}
	}
	s.PutSecret(namespace, name, append([]string{}, slices.Sorted(maps.Keys(keys))...))
}

// Get returns the object of that kind, namespace and name, or nil.
func (s *Set) Get(kind, namespace, name string) *Entry { return s.entries[key{kind, namespace, name}] }

// Entries are all objects, in the order of kind, namespace and name.
func (s *Set) Entries() []*Entry {
	return slices.SortedFunc(maps.Values(s.entries), func(a, b *Entry) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
}

// Namespaces are those in which there are objects, sorted.
func (s *Set) Namespaces() []string {
	found := map[string]bool{}
	for k := range s.entries {
		found[k.namespace] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// Overlay returns the objects of s with those of files laid over them: what there would be after they were applied. A
// changed object is as old as it was, a new one younger than all others.
func (s *Set) Overlay(files *Set, now metav1.Time) *Set {
	out := NewSet()
	out.Skipped = files.Skipped
	maps.Copy(out.entries, s.entries)
	for _, from := range []*Set{s, files} {
		for namespace, secrets := range from.secrets {
			for name, keys := range secrets {
				out.PutSecret(namespace, name, keys)
			}
		}
	}
	for k, e := range files.entries {
		laid := *e
		laid.Object = e.Object.DeepCopyObject().(Object)
		if below := s.entries[k]; below != nil {
			laid.Object.SetUID(below.Object.GetUID())
			laid.Object.SetCreationTimestamp(below.Object.GetCreationTimestamp())
			laid.Object.SetGeneration(below.Object.GetGeneration())
		} else {
			laid.Object.SetCreationTimestamp(now)
		}
		out.entries[k] = &laid
	}
	return out
}

// Input is what the plan of a namespace is made of. Secrets that nothing is known of are taken to be there, with the keys
// that are asked for: they stand in no file, or nobody may read them.
func (s *Set) Input(namespace string) *compile.Input {
	in := &compile.Input{Namespace: namespace, Secrets: maps.Clone(s.secrets[namespace])}
	if in.Secrets == nil {
		in.Secrets = map[string][]string{}
	}
	for _, e := range s.Entries() {
		if e.Namespace == namespace {
			kindNamed(e.Kind).add(in, e.Object)
		}
	}
	assumeSecrets(in)
	maps.DeleteFunc(in.Secrets, func(_ string, keys []string) bool { return keys == nil })
	return in
}

// Position is where a field of an object stands: file and line, "" and 0 when it stands in no file.
func (s *Set) Position(kind, namespace, name, path string) (file string, line int) {
	e := s.Get(kind, namespace, name)
	if e == nil {
		return "", 0
	}
	p := e.Place(path)
	return p.File, p.Line
}
