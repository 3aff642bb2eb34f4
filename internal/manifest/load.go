// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	yamlnode "go.yaml.in/yaml/v3"

	"workstream.dev/operator/api/v1alpha1"
)

// Loader reads files and folders.
type Loader struct {
	// Namespace is that of objects that name none; empty: default.
	Namespace string
	// OnlyNamespace refuses objects that name another namespace.
	OnlyNamespace bool
	// Recursive looks into the folders of folders, but not into those whose names begin with a dot, as .git.
	Recursive bool
	// Except is a folder that it does not look into either, empty for none.
	Except string
	// Stdin is what the path - stands for.
	Stdin io.Reader
}

// Load reads files and folders with the defaults of a Loader.
func Load(paths ...string) (*Set, []Problem) {
	l := Loader{}
	return l.Load(paths...)
}

// maxFile is how large a file may be, in bytes.
const maxFile = 64 << 20

// Load reads all objects of the files and folders. An object with a problem is in the set as well, marked as invalid, if it
// can be read at all: others may name it.
func (l *Loader) Load(paths ...string) (*Set, []Problem) {
	set := NewSet()
	var problems []Problem
	var entries []*Entry
	for _, path := range paths {
		files, err := l.files(path)
		if err != nil {
			problems = append(problems, Problem{Place: Place{File: path}, Message: err.Error()})
		}
		for _, file := range files {
			body, err := l.read(file)
			if err != nil {
				problems = append(problems, Problem{Place: Place{File: file}, Message: err.Error()})
				continue
			}
			docs, bad := parse(file, body)
			problems = append(problems, bad...)
			for i := range docs {
				entries = append(entries, l.entries(set, &docs[i], &problems)...)
			}
		}
	}
	problems = append(problems, checkAll(entries)...)
	for _, e := range entries {
		problems = append(problems, e.problems...)
		if first := set.Get(e.Kind, e.Namespace, e.Name); first != nil {
			problems = append(problems, Problem{
				Place: e.tree.place("metadata.name"), Kind: e.Kind, Namespace: e.Namespace, Name: e.Name, Field: "metadata.name",
				Message: fmt.Sprintf("there is another %s %q, at %s; the later one would replace it", e.Kind, e.Name,
					first.Place("metadata.name")),
			})
			continue
		}
		if e.Object != nil {
			set.put(e)
		}
	}
	return set, sortProblems(problems)
}

// files lists the manifests that a path stands for, as kubectl does: of a folder those that end in .yaml, .yml or .json.
func (l *Loader) files(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	return l.walk(path, func(file string) bool {
		return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(file)) && !aside(file)
	})
}

// TestFiles lists the files of routing tests among the paths, by their names.
func (l *Loader) TestFiles(paths ...string) ([]string, error) {
	var files []string
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			if strings.HasSuffix(path, TestSuffix) {
				files = append(files, path)
			}
			continue
		}
		if path == "-" {
			continue
		}
		found, err := l.walk(path, func(file string) bool { return strings.HasSuffix(file, TestSuffix) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, found...)
	}
	return files, nil
}

// walk lists the files of a folder that are wanted, in the order of their names.
func (l *Loader) walk(path string, wanted func(file string) bool) ([]string, error) {
	var files []string
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if file != path && (!l.Recursive || strings.HasPrefix(entry.Name(), ".") || l.excepts(file)) {
				return filepath.SkipDir
			}
		case wanted(file):
			files = append(files, file)
		}
		return nil
	})
	return files, reason(err)
}

func (l *Loader) excepts(folder string) bool {
	if l.Except == "" {
		return false
	}
	a, errA := os.Stat(folder)
	b, errB := os.Stat(l.Except)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// aside reports whether a file of a folder is for another tool, or another command of this one.
func aside(file string) bool {
	name := filepath.Base(file)
	return name == "kustomization.yaml" || name == "kustomization.yml" ||
		strings.HasSuffix(name, TestSuffix) || strings.HasSuffix(name, GivenSuffix)
}

// What names of files in a folder end in that are no manifests: routing tests, and items for explain.
const (
	TestSuffix  = ".routingtest.yaml"
	GivenSuffix = ".given.yaml"
)

func (l *Loader) read(file string) ([]byte, error) {
	if file == "-" {
		if l.Stdin == nil {
			return nil, errors.New("there is no standard input")
		}
		return readAll(l.Stdin)
	}
	f, err := os.Open(file) //nolint:gosec // it is what the user asks for
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close() //nolint:errcheck // what was read is read
	return readAll(f)
}

func readAll(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(body) > maxFile {
		err = fmt.Errorf("the file is larger than %d MiB", maxFile>>20)
	}
	return body, reason(err)
}

// reason is an error without the path, which stands before it anyway.
func reason(err error) error {
	for err != nil {
		pathError, ok := err.(*fs.PathError) //nolint:errorlint // each layer is looked at
		if !ok {
			return err
		}
		err = pathError.Err
	}
	return nil
}

// entries are the routing objects of a document: itself, or the items of a List.
func (l *Loader) entries(set *Set, d *document, problems *[]Problem) []*Entry {
	e := &Entry{content: d.content, tree: &tree{file: d.file, before: d.before, root: d.root}}
	apiVersion, kind, meta := identity(d.content)
	e.Kind, e.Name, e.Namespace = kind, meta.Name, meta.Namespace
	group, version, _ := strings.Cut(apiVersion, "/")
	switch {
	case apiVersion == "" || kind == "":
		missing := "kind"
		if apiVersion == "" {
			missing = "apiVersion"
		}
		e.problem(missing, "is required: this is no Kubernetes object without it")
	case strings.HasSuffix(kind, "List") && d.content["items"] != nil:
		return l.list(set, d, problems)
	case apiVersion == "v1" && kind == "Secret":
		set.putSecret(l.namespaceOf(&meta.Namespace), meta.Name, d.content)
		return nil
	case group != v1alpha1.GroupName:
		set.Skipped = append(set.Skipped, Skipped{e.tree.place("kind"), apiVersion, kind, meta.Name})
		return nil
	case version != v1alpha1.GroupVersion.Version:
		e.problem("apiVersion", fmt.Sprintf("there is no version %q of %s; there is %s", version, group, v1alpha1.GroupVersion))
	case kindNamed(kind) == nil:
		names := make([]string, len(kinds))
		for i := range kinds {
			names[i] = kinds[i].Name
		}
		text := fmt.Sprintf("%s has no kind %q", v1alpha1.GroupName, kind)
		if hint := meant(kind, names); hint != "" {
			text += hint
		} else {
			text += "; there are " + strings.Join(names, ", ")
		}
		e.problem("kind", text)
	default:
		l.place(e)
		return []*Entry{e}
	}
	*problems = append(*problems, e.problems...)
	return nil
}

// list goes through the items of a List.
func (l *Loader) list(set *Set, d *document, problems *[]Problem) []*Entry {
	items, ok := d.content["items"].([]any)
	t := tree{file: d.file, before: d.before, root: d.root}
	if !ok {
		*problems = append(*problems, Problem{Place: t.place("items"), Field: "items", Message: "must be a list"})
		return nil
	}
	var out []*Entry
	for i, item := range items {
		_, node := child(d.root, step{text: "items"})
		_, node = child(node, step{text: strconv.Itoa(i), bracket: true})
		node = resolve(node)
		content, ok := item.(map[string]any)
		if !ok || node == nil {
			path := fmt.Sprintf("items[%d]", i)
			*problems = append(*problems, Problem{
				Place: t.place(path), Field: path, Message: "an object is expected, with apiVersion and kind, not " + shown(node),
			})
			continue
		}
		out = append(out, l.entries(set, &document{file: d.file, before: d.before, content: content, root: node}, problems)...)
	}
	return out
}

func (l *Loader) namespaceOf(namespace *string) string {
	if *namespace != "" {
		return *namespace
	}
	if l.Namespace != "" {
		return l.Namespace
	}
	return "default"
}

// place puts an object into its namespace, and finds what stands twice in it.
func (l *Loader) place(e *Entry) {
	metadata, ok := e.content["metadata"].(map[string]any)
	switch {
	case !ok && e.content["metadata"] == nil:
		metadata = map[string]any{}
		e.content["metadata"] = metadata
	case !ok:
		e.problem("metadata", "must be an object, not "+valueText(e.content["metadata"]))
		e.content["metadata"] = map[string]any{}
		metadata = e.content["metadata"].(map[string]any)
	}
	if l.OnlyNamespace && e.Namespace != "" && e.Namespace != l.Namespace {
		e.problem("metadata.namespace", fmt.Sprintf("is %q, and --namespace says %q", e.Namespace, l.Namespace))
	}
	e.Namespace = l.namespaceOf(&e.Namespace)
	if value, ok := metadata["namespace"]; !ok || value == nil || value == "" {
		metadata["namespace"] = e.Namespace
	}
	e.tree.twice(e.tree.root, "", func(path string, first, _ *yamlnode.Node) {
		e.problem(path, fmt.Sprintf("stands there twice, first in line %d; only one would count", e.tree.before+first.Line))
	})
}

// checkAll checks the objects of each kind beside those of others.
func checkAll(entries []*Entry) []Problem {
	byKind := map[string][]*Entry{}
	for _, e := range entries {
		byKind[e.Kind] = append(byKind[e.Kind], e)
	}
	errs := make([]error, len(kinds))
	var group sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0)) // as many as there are processors
	for i := range kinds {
		list := byKind[kinds[i].Name]
		if len(list) == 0 {
			continue
		}
		group.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			errs[i] = checkKind(&kinds[i], list)
		})
	}
	group.Wait()
	var problems []Problem
	for _, err := range errs {
		if err != nil {
			problems = append(problems, Problem{Message: err.Error()})
		}
	}
	return problems
}

// checkKind checks objects of one kind, and makes them typed ones. The error is a bug in what is embedded.
func checkKind(k *Kind, list []*Entry) error {
	d, err := definitionOf(k)
	if err != nil {
		return err
	}
	var sound []*Entry
	var contents []map[string]any
	for _, e := range list {
		e.prepare(d)
		if e.check(d) {
			sound = append(sound, e)
			contents = append(contents, e.content)
		}
	}
	rules := d.rulesFor(contents)
	for _, e := range sound {
		e.checkRules(d, rules)
	}
	for _, e := range list {
		o, err := k.fromContent(e.content)
		switch {
		case err == nil && e.Name != "":
			o.GetObjectKind().SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(k.Name))
			e.Object = o
		case err != nil && len(e.problems) == 0:
			e.problem("", "this cannot be read: "+err.Error())
		}
	}
	return nil
}
