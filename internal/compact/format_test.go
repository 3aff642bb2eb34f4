// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"math"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	A string
	B []int64
}

type embedded struct{ Z string }

type outer struct {
	Text    string
	Yes     bool
	Small   int8
	Large   int64
	Count   uint64
	Ratio   float64
	In      inner
	Ptr     *inner
	List    []inner
	Flags   []bool
	ByName  map[string]*inner
	Set     map[string]struct{}
	Skipped string `json:"-"`
	embedded
	Last string
}

func write(v outer) []byte {
	w := NewWriter(nil)
	New().Of(reflect.TypeFor[outer]()).Write(w, reflect.ValueOf(v))
	return w.Buf
}

func TestReadAsWritten(t *testing.T) {
	for name, v := range map[string]outer{
		"empty": {},
		"full": {
			Text: "héllo", Yes: true, Small: -128, Large: math.MinInt64, Count: math.MaxUint64, Ratio: -0.1, In: inner{A: "héllo", B: []int64{1, -1}},
			Ptr: &inner{}, List: []inner{{}, {A: "x"}}, Flags: []bool{true, false}, ByName: map[string]*inner{"b": {A: "héllo"}, "a": {}},
			Set: map[string]struct{}{"y": {}, "x": {}}, Last: "end",
		},
	} {
		t.Run(name, func(t *testing.T) {
			body := write(v)
			for range 10 { // maps have one order
				if again := write(v); string(again) != string(body) {
					t.Fatalf("equal values have %x and %x", body, again)
				}
			}
			var got outer
			r := NewReader(body)
			New().Of(reflect.TypeFor[outer]()).Read(r, reflect.ValueOf(&got).Elem())
			if r.Err() != nil || len(r.Rest()) > 0 {
				t.Fatalf("error %v, %d bytes left", r.Err(), len(r.Rest()))
			}
			if diff := cmp.Diff(v, got, cmp.AllowUnexported(outer{}, embedded{})); diff != "" {
				t.Errorf("(-written +read):\n%s", diff)
			}
			for n := range body {
				r := NewReader(body[:n])
				var into outer
				New().Of(reflect.TypeFor[outer]()).Read(r, reflect.ValueOf(&into).Elem())
				if r.Err() == nil {
					t.Errorf("cut off at %d of %d, it was accepted", n, len(body))
				}
			}
		})
	}
}

// TestFieldsMayBeAdded: what was written before is read by what has more, and not the other way round.
func TestFieldsMayBeAdded(t *testing.T) {
	type before struct{ A, B string }
	type after struct {
		A, B string
		C    int
	}
	formats := New()
	w := NewWriter(nil)
	formats.Of(reflect.TypeFor[before]()).Write(w, reflect.ValueOf(before{"a", "b"}))
	var got after
	r := NewReader(w.Buf)
	formats.Of(reflect.TypeFor[after]()).Read(r, reflect.ValueOf(&got).Elem())
	if r.Err() != nil || got != (after{A: "a", B: "b"}) {
		t.Errorf("read %+v, error %v", got, r.Err())
	}
	w.Reset(nil)
	formats.Of(reflect.TypeFor[after]()).Write(w, reflect.ValueOf(after{C: 1}))
	r.Reset(w.Buf)
	var old before
	formats.Of(reflect.TypeFor[before]()).Read(r, reflect.ValueOf(&old).Elem())
	if r.Err() == nil {
		t.Error("a field that is not known was passed over")
	}
}

func TestRepeatedTextsAreWrittenOnce(t *testing.T) {
	w := NewWriter(nil)
	for range 100 {
		w.Text("0197f7a0-1f6b-7c1e-9d5c-2f6a2f1c9b10")
	}
	if n := len(w.Buf); n > 150 {
		t.Errorf("%d bytes", n)
	}
	r := NewReader(w.Buf)
	for range 100 {
		if got := r.Text(); got != "0197f7a0-1f6b-7c1e-9d5c-2f6a2f1c9b10" {
			t.Fatalf("read %q, error %v", got, r.Err())
		}
	}
}

func TestNumbersThatDoNotFitAreRefused(t *testing.T) {
	w := NewWriter(nil)
	w.Int(300)
	var small int8
	r := NewReader(w.Buf)
	New().Of(reflect.TypeFor[int8]()).Read(r, reflect.ValueOf(&small).Elem())
	if r.Err() == nil {
		t.Errorf("300 was read as %d", small)
	}
}
