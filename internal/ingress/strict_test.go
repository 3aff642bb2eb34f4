// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDecodeRefusesWhatCanBeReadInTwoWays(t *testing.T) {
	t.Parallel()
	type inner struct {
		Text string `json:"text"`
	}
	type outer struct {
		ID    string                     `json:"id"`
		Inner inner                      `json:"inner"`
		Any   map[string]json.RawMessage `json:"any"`
		Raw   json.RawMessage            `json:"raw"`
	}
	many := strings.Builder{}
	for i := range 40 {
		fmt.Fprintf(&many, `"k%d":{"a":[{"b":"}"}]},`, i)
	}
	for body, want := range map[string]string{
		`{"id":"1","inner":{"text":"\"}"},"any":{"a":1,"A":null},"raw":{}}`: "",
		`{"id":"1","id":"2"}`:                    "id id must be given once only",
		`{"id":"1", "\u0069d" : "2"}`:            "id id must be given once only",
		`{"ID":"1"}`:                             `ID there is no field "ID" here; it is written "id"`,
		`{"inner":{"text":"a","text":"b"}}`:      "inner.text inner.text must be given once only",
		`{"inner":{"Text":"a"}}`:                 `inner.Text there is no field "Text" here; it is written "text"`,
		`{"inner":null}`:                         "inner inner must be a JSON object, not null",
		`{"inner":{"text": null}}`:               "inner.text inner.text must be a JSON string, not null",
		`{"any":{"a":1,"b":[{"x":1,"x":2}]}}`:    "", // what stands there is looked at by whoever reads it
		`{"any":{` + many.String() + `"k7":1}}`:  "any.k7 any.k7 must be given once only",
		`{"any":{` + many.String() + `"k39":1}}`: "any.k39 any.k39 must be given once only",
		`{"any":{` + many.String() + `"k40":1}}`: "",
		`null`:                                   " the body must be a JSON object, not null",
		` {"id" : "a\\" , "any" : { } } `:        "",
	} {
		err := Decode([]byte(body), &outer{})
		got, p := "", (*Problem)(nil)
		if errors.As(err, &p) {
			got = p.Field + " " + p.Detail
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
	}
	for body, want := range map[string]bool{
		`{"id":null,"inner":null,"more":{"a":1,"a":2}}`: true,
		`{"id":"1","id":"1"}`:                           false,
		`{"Id":"1"}`:                                    false,
	} {
		if err := DecodeLoose([]byte(body), &outer{}); (err == nil) != want {
			t.Errorf("loosely %s: %v", body, err)
		}
	}
}

func FuzzShape(f *testing.F) {
	type thing struct {
		ID  string            `json:"id"`
		Any map[string]string `json:"any"`
		In  struct {
			List []int `json:"list"`
		} `json:"in"`
	}
	for _, seed := range []string{`{"id":"a","any":{"b":"c"},"in":{"list":[1,2]}}`, `{"more":[{"x":"\\\""}],"n":-1.5e3}`, ` {}`} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, body string) {
		_ = DecodeLoose([]byte(body), &thing{}) // it must end, within the body
	})
}

func TestRequiredTextIsNotBlank(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "\n\t", "\u00a0"} {
		if CheckLength("text", text, 10, true) == nil {
			t.Errorf("%q passes", text)
		}
	}
	if err := CheckLength("text", " a ", 10, true); err != nil {
		t.Error(err)
	}
}
