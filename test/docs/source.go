// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Source is the Go code below a root, without tests, with its string constants.
type Source struct {
	module string
	fset   *token.FileSet
	files  map[string]*ast.File
	consts map[string]map[string]constant // by folder and name
}

type constant struct {
	typ   string // empty when not stated
	file  *ast.File
	value ast.Expr
}

// ParseSource reads the Go files below root, whose go.mod names the module.
func ParseSource(root fs.FS, module string) (*Source, error) {
	s := &Source{module: module, fset: token.NewFileSet(), files: map[string]*ast.File{}, consts: map[string]map[string]constant{}}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (slices.Contains(skipped, entry.Name()) || name == "hack" || name == "test") {
			return fs.SkipDir
		}
		if entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.files[name] = file
		s.addConstants(path.Dir(name), file)
		return nil
	})
	return s, err
}

func (s *Source) addConstants(dir string, file *ast.File) {
	if s.consts[dir] == nil {
		s.consts[dir] = map[string]constant{}
	}
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			v, _ := spec.(*ast.ValueSpec)
			typ, _ := v.Type.(*ast.Ident)
			for i, value := range v.Values {
				c := constant{file: file, value: value}
				if typ != nil {
					c.typ = typ.Name
				}
				s.consts[dir][v.Names[i].Name] = c
			}
		}
	}
}

// UndocumentedReasons returns each condition type and reason of the API package in dir that is not on the page of its
// kind, in code style. One that all kinds share may be on any page.
func (s *Source) UndocumentedReasons(dir string, kinds map[string]*Page) []string {
	var missing []string
	found := false
	for name, c := range s.consts[dir] {
		prefix, isReason := strings.CutSuffix(c.typ, "ConditionReason")
		if !isReason {
			var isType bool
			if prefix, isType = strings.CutSuffix(c.typ, "ConditionType"); !isType {
				continue
			}
		}
		found = true
		value, _ := s.named(dir, name)
		on := kinds
		if page, ok := kinds[prefix]; ok {
			on = map[string]*Page{prefix: page}
		}
		if !mentioned(on, "`"+value+"`") {
			missing = append(missing, fmt.Sprintf("%s %s is on no page of docs/spec that it belongs to", c.typ, value))
		}
	}
	if !found {
		missing = append(missing, "no condition types or reasons found in "+dir)
	}
	slices.Sort(missing)
	return missing
}

func mentioned(pages map[string]*Page, text string) bool {
	for _, page := range pages {
		if strings.Contains(page.Text, text) {
			return true
		}
	}
	return false
}

var metricName = regexp.MustCompile("`(workstream_[a-z0-9_]+)`")

// MetricMismatches returns what is wrong between the metrics that the code defines and the page that describes them:
// missing on either side, or defined under a name that cannot be read off the source.
func (s *Source) MetricMismatches(page *Page) []string {
	var wrong []string
	defined := map[string]bool{}
	for name, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			metric, ok := s.metric(path.Dir(name), file, n)
			if !ok {
				return true
			}
			if metric == "" {
				wrong = append(wrong, fmt.Sprintf("%s: a metric whose name is not made of constants", s.fset.Position(n.Pos())))
				return true
			}
			defined[metric] = true
			return true
		})
	}
	if len(defined) == 0 {
		wrong = append(wrong, "no metrics found")
	}
	described := map[string]bool{}
	for _, m := range metricName.FindAllStringSubmatch(page.Text, -1) {
		described[m[1]] = true
	}
	for metric := range defined {
		if !described[metric] {
			wrong = append(wrong, metric+" is not described")
		}
	}
	for metric := range described {
		if !defined[metric] {
			wrong = append(wrong, metric+" is described, but nothing defines it")
		}
	}
	slices.Sort(wrong)
	return wrong
}

var metricOptions = []string{"Opts", "CounterOpts", "GaugeOpts", "HistogramOpts", "SummaryOpts", "UntypedOpts"}

// metric tells whether a node defines a metric, and its full name; the name is empty when it is not constant.
func (s *Source) metric(dir string, file *ast.File, n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		typ, ok := n.Type.(*ast.SelectorExpr)
		if !ok || !isPrometheus(file, typ.X) || !slices.Contains(metricOptions, typ.Sel.Name) {
			return "", false
		}
		return s.nameInOptions(dir, file, n), true
	case *ast.CallExpr:
		fun, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || !isPrometheus(file, fun.X) || fun.Sel.Name != "NewDesc" {
			return "", false
		}
		name, _ := s.constant(dir, file, n.Args[0])
		return name, true
	}
	return "", false
}

func (s *Source) nameInOptions(dir string, file *ast.File, options *ast.CompositeLit) string {
	parts := map[string]string{}
	for _, elt := range options.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			return ""
		}
		key, ok := kv.Key.(*ast.Ident)
		if !ok || !slices.Contains([]string{"Namespace", "Subsystem", "Name"}, key.Name) {
			continue
		}
		value, ok := s.constant(dir, file, kv.Value)
		if !ok {
			return ""
		}
		parts[key.Name] = value
	}
	if parts["Name"] == "" {
		return ""
	}
	return joinName(parts["Namespace"], parts["Subsystem"], parts["Name"])
}

func isPrometheus(file *ast.File, x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && importPath(file, name.Name) == "github.com/prometheus/client_golang/prometheus"
}

func importPath(file *ast.File, name string) string {
	for _, spec := range file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		if spec.Name != nil && spec.Name.Name == name || spec.Name == nil && path.Base(p) == name {
			return p
		}
	}
	return ""
}

// constant evaluates a string made of literals, constants of this module, + and BuildFQName.
func (s *Source) constant(dir string, file *ast.File, expr ast.Expr) (string, bool) {
	switch e := expr.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		return value, err == nil
	case *ast.Ident:
		return s.named(dir, e.Name)
	case *ast.SelectorExpr:
		pkg, ok := e.X.(*ast.Ident)
		if !ok {
			return "", false
		}
		other, ok := strings.CutPrefix(importPath(file, pkg.Name), s.module+"/")
		if !ok {
			return "", false
		}
		return s.named(other, e.Sel.Name)
	case *ast.BinaryExpr:
		left, ok1 := s.constant(dir, file, e.X)
		right, ok2 := s.constant(dir, file, e.Y)
		return left + right, ok1 && ok2 && e.Op == token.ADD
	case *ast.CallExpr:
		fun, ok := e.Fun.(*ast.SelectorExpr)
		if !ok || !isPrometheus(file, fun.X) || fun.Sel.Name != "BuildFQName" {
			return "", false
		}
		parts := make([]string, len(e.Args))
		for i, arg := range e.Args {
			if parts[i], ok = s.constant(dir, file, arg); !ok {
				return "", false
			}
		}
		return joinName(parts...), true
	}
	return "", false
}

func (s *Source) named(dir, name string) (string, bool) {
	c, ok := s.consts[dir][name]
	if !ok {
		return "", false
	}
	return s.constant(dir, c.file, c.value)
}

func joinName(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "_")
}
