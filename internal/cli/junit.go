// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/xml"
	"strings"
)

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		File     string      `xml:"file,attr,omitempty"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit is the report as CI systems read it.
func (r *testReport) junit() ([]byte, error) {
	out := junitSuites{Name: "kubectl workstream test", Tests: r.Summary.Tests, Failures: r.Summary.Failed}
	for i := range r.Suites {
		s := &r.Suites[i]
		suite := junitSuite{Name: s.Name, File: s.File, Tests: len(s.Tests), Failures: s.Failed}
		for j := range s.Tests {
			c := &s.Tests[j]
			one := junitCase{Name: c.Name, Class: s.Name, File: s.File, Line: c.Line}
			if !c.Passed {
				one.Failure = &junitFailure{Message: c.Problems[0], Text: strings.Join(c.Problems, "\n")}
			}
			suite.Cases = append(suite.Cases, one)
		}
		out.Suites = append(out.Suites, suite)
	}
	body, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}
