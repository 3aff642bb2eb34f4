// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"workstream.dev/operator/internal/rule"
)

// texts are what JSON writes as it is, and what it does not.
var texts = []string{
	"", "", "plain", "where is my order?", "Müller", "日本語", "tab\t", `"quoted"`, `back\slash`, "<b>&</b>", "\u2028", "\x7f", "bad\xff", "😀",
}

// fill sets every field to something, or to nothing now and then.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		if r.IntN(3) > 0 {
			v.Set(reflect.ValueOf(time.UnixMicro(r.Int64N(4e15)).UTC()))
		}
		return
	case rule.Value:
		given := []rule.Value{
			{}, rule.TextValue(texts[r.IntN(len(texts))]), rule.NumberValue(r.NormFloat64() * 1e6), rule.TimeValue(time.UnixMilli(r.Int64N(4e12))),
		}
		v.Set(reflect.ValueOf(given[r.IntN(len(given))]))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int32, reflect.Int64, reflect.Int:
		v.SetInt(int64(int32(r.Uint32())) * int64(r.IntN(2)))
	case reflect.Uint64:
		v.SetUint(r.Uint64())
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Slice:
		for range r.IntN(3) {
			one := reflect.New(v.Type().Elem()).Elem()
			fill(r, one)
			v.Set(reflect.Append(v, one))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("no value for a %s", v.Type()))
	}
}

// asReflected is the event by the tags of its type.
func asReflected(e *StreamEvent) ([]byte, error) {
	type plain StreamEvent
	out := struct {
		plain
		Item any `json:"item,omitempty"`
	}{plain: plain(*e)}
	if e.Item != nil {
		out.Item = e.Item
	} else if e.ItemID != "" {
		out.Item = e.ItemID
	}
	return json.Marshal(out)
}

// TestEventsAreWrittenAsTheirTagsSay fills all fields, so that one which is new is not forgotten.
func TestEventsAreWrittenAsTheirTagsSay(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		var e StreamEvent
		fill(r, reflect.ValueOf(&e).Elem())
		want, err := asReflected(&e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.AppendJSON([]byte("before"), e.Experience)
		if err != nil {
			t.Fatal(err)
		}
		if text, is := strings.CutPrefix(string(got), "before"); !is || text != string(want) {
			t.Fatalf("seed %d:\n%s, want\n%s", seed, text, want)
		}
	}
}

func TestEventThatCannotBeWrittenIsAnError(t *testing.T) {
	e := StreamEvent{At: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if body, err := e.AppendJSON(nil, nil); err == nil {
		t.Errorf("written as %s", body)
	}
}
