// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Page is one Markdown file, taken apart.
type Page struct {
	Path    string
	Text    string
	Anchors map[string]bool // of its headings
	Links   []Link
	Blocks  []Block
}

// Link is a link to a place that is not on the web.
type Link struct {
	Line   int
	Target string
}

// Block is a fenced block.
type Block struct {
	Line     int // of its first line of content
	Language string
	Text     string
}

var (
	linkPattern = regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`)
	codePattern = regexp.MustCompile("`[^`]*`")
	skipped     = []string{".git", "bin", "testdata"}
)

// Pages reads all Markdown files below root.
func Pages(root fs.FS) (map[string]*Page, error) {
	pages := map[string]*Page{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains(skipped, entry.Name()) {
			return fs.SkipDir
		}
		if entry.IsDir() || path.Ext(name) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		pages[name] = parsePage(name, string(text))
		return nil
	})
	return pages, err
}

func parsePage(name, text string) *Page {
	p := &Page{Path: name, Text: text, Anchors: map[string]bool{}}
	var block *Block
	var fence string
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case block != nil && strings.HasPrefix(trimmed, fence) && strings.Trim(trimmed, "` ~") == "":
			p.Blocks = append(p.Blocks, *block)
			block = nil
		case block != nil:
			block.Text += line + "\n"
		case strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~"):
			info := strings.TrimLeft(trimmed, trimmed[:1])
			fence = trimmed[:len(trimmed)-len(info)]
			language, _, _ := strings.Cut(strings.TrimSpace(info), " ")
			block = &Block{Line: i + 2, Language: language}
		default:
			p.addProse(i+1, line)
		}
	}
	return p
}

func (p *Page) addProse(number int, line string) {
	if heading := strings.TrimLeft(line, "#"); heading != line && strings.HasPrefix(heading, " ") {
		anchor := slug(heading)
		for n := 1; p.Anchors[anchor]; n++ {
			anchor = fmt.Sprintf("%s-%d", slug(heading), n)
		}
		p.Anchors[anchor] = true
	}
	for _, m := range linkPattern.FindAllStringSubmatch(codePattern.ReplaceAllString(line, ""), -1) {
		if u, err := url.Parse(m[1]); err != nil || u.Scheme == "" {
			p.Links = append(p.Links, Link{Line: number, Target: m[1]})
		}
	}
}

// slug is the anchor that renderers make of a heading.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, strings.TrimSpace(heading))
}

// BrokenLinks returns each relative link whose file or heading does not exist.
func BrokenLinks(root fs.FS, pages map[string]*Page) []string {
	var broken []string
	for _, p := range pages {
		for _, link := range p.Links {
			file, anchor, _ := strings.Cut(link.Target, "#")
			target := p.Path
			if file != "" {
				target = path.Join(path.Dir(p.Path), file)
			}
			if _, err := fs.Stat(root, target); err != nil {
				broken = append(broken, fmt.Sprintf("%s:%d: %s does not exist", p.Path, link.Line, link.Target))
				continue
			}
			if page, ok := pages[target]; ok && anchor != "" && !page.Anchors[anchor] {
				broken = append(broken, fmt.Sprintf("%s:%d: %s has no heading #%s", p.Path, link.Line, target, anchor))
			}
		}
	}
	slices.Sort(broken)
	return broken
}
