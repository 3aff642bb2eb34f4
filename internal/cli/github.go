// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"path/filepath"
	"strconv"
	"strings"
)

var (
	githubText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// github writes workflow commands, which GitHub shows beside the lines of a pull request.
func (r *report) github(p *page) {
	for i := range r.Findings {
		f := &r.Findings[i]
		command := "notice"
		if f.Severity != severityInfo {
			command = string(f.Severity)
		}
		var properties []string
		set := func(name, value string) {
			if value != "" && value != "0" {
				properties = append(properties, name+"="+githubProperty.Replace(value))
			}
		}
		set("file", filepath.ToSlash(f.File))
		set("line", strconv.Itoa(f.Line))
		set("col", strconv.Itoa(f.Column))
		set("title", f.Code)
		p.printf("::%s %s::%s\n", command, strings.Join(properties, ","), githubText.Replace(f.line()))
	}
}
