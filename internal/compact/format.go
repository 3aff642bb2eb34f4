// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Format is how values of one type are written.
type Format struct {
	of     reflect.Type
	write  func(w *Writer, v reflect.Value)
	read   func(r *Reader, into reflect.Value)
	fields []field // of a struct
}

type field struct {
	index  int
	format *Format
}

// Custom is how values of a type are written that has a way of its own. Both functions must agree.
type Custom struct {
	Type  reflect.Type
	Write func(w *Writer, v reflect.Value)
	Read  func(r *Reader, into reflect.Value)
}

// Formats makes formats. The zero value knows all types but those that need a Custom.
type Formats struct{ known map[reflect.Type]*Format }

// New returns formats that know custom types.
func New(custom ...Custom) *Formats {
	f := &Formats{known: map[reflect.Type]*Format{}}
	for _, c := range custom {
		f.known[c.Type] = &Format{of: c.Type, write: c.Write, read: c.Read}
	}
	return f
}

// Of returns the format of a type. It panics for a type that cannot be written: that is seen at the first start.
func (f *Formats) Of(t reflect.Type) *Format {
	if known := f.known[t]; known != nil {
		return known
	}
	made := &Format{of: t}
	f.known[t] = made // before its parts: types may contain themselves
	switch t.Kind() {
	case reflect.String:
		made.write = func(w *Writer, v reflect.Value) { w.Text(v.String()) }
		made.read = func(r *Reader, into reflect.Value) { into.SetString(r.Text()) }
	case reflect.Bool:
		made.write = func(w *Writer, v reflect.Value) { w.Bool(v.Bool()) }
		made.read = func(r *Reader, into reflect.Value) { into.SetBool(r.Bool()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		made.write = func(w *Writer, v reflect.Value) { w.Int(v.Int()) }
		made.read = readInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		made.write = func(w *Writer, v reflect.Value) { w.Uint(v.Uint()) }
		made.read = readUint
	case reflect.Float64:
		made.write = func(w *Writer, v reflect.Value) { w.Float(v.Float()) }
		made.read = func(r *Reader, into reflect.Value) { into.SetFloat(r.Float()) }
	case reflect.Struct:
		f.ofStruct(made)
	case reflect.Pointer:
		elem := f.Of(t.Elem())
		made.write = func(w *Writer, v reflect.Value) { elem.write(w, v.Elem()) }
		made.read = func(r *Reader, into reflect.Value) {
			into.Set(reflect.New(t.Elem()))
			elem.read(r, into.Elem())
		}
	case reflect.Slice:
		ofSlice(made, f.Of(t.Elem()))
	case reflect.Map:
		ofMap(made, f.Of(t.Elem()))
	default:
		panic(fmt.Sprintf("compact: %s cannot be written", t)) //nolint:forbidigo // a bug, seen at the first start
	}
	return made
}

func readInt(r *Reader, into reflect.Value) {
	n := r.Int()
	if into.OverflowInt(n) {
		r.Fail("a number is too large")
		return
	}
	into.SetInt(n)
}

func readUint(r *Reader, into reflect.Value) {
	n := r.Uint()
	if into.OverflowUint(n) {
		r.Fail("a number is too large")
		return
	}
	into.SetUint(n)
}

func (f *Formats) ofStruct(made *Format) {
	t := made.of
	for i := range t.NumField() {
		if d := t.Field(i); d.IsExported() && d.Tag.Get("json") != "-" {
			made.fields = append(made.fields, field{index: i, format: f.Of(d.Type)})
		}
	}
	fields := made.fields
	made.write = func(w *Writer, v reflect.Value) {
		for i := range fields {
			d := &fields[i]
			if fv := v.Field(d.index); !empty(fv) {
				w.Uint(uint64(i) + 1)
				d.format.write(w, fv)
			}
		}
		w.Uint(0)
	}
	made.read = func(r *Reader, into reflect.Value) {
		before := uint64(0)
		for r.err == nil {
			n := r.Uint()
			if n == 0 {
				return
			}
			if n <= before || n > uint64(len(fields)) {
				r.Fail(fmt.Sprintf("%s has no field %d here", t, n))
				return
			}
			before = n
			d := &fields[n-1]
			d.format.read(r, into.Field(d.index))
		}
	}
}

// empty reports whether a field need not be written. A list without elements is read as nil.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int() == 0
	case reflect.Bool:
		return !v.Bool()
	default:
		return v.IsZero()
	}
}

func ofSlice(made, elem *Format) {
	made.write = func(w *Writer, v reflect.Value) {
		n := v.Len()
		w.Uint(uint64(n)) //nolint:gosec // a length
		for i := range n {
			elem.write(w, v.Index(i))
		}
	}
	made.read = func(r *Reader, into reflect.Value) {
		n := r.Length()
		list := reflect.MakeSlice(made.of, n, n)
		for i := 0; i < n && r.err == nil; i++ {
			elem.read(r, list.Index(i))
		}
		into.Set(list)
	}
}

// ofMap writes maps with texts as keys, in the order of the keys.
func ofMap(made, elem *Format) {
	if made.of.Key().Kind() != reflect.String {
		panic(fmt.Sprintf("compact: the keys of %s are no texts", made.of)) //nolint:forbidigo // a bug, seen at the first start
	}
	made.write = func(w *Writer, v reflect.Value) {
		values := make(map[string]reflect.Value, v.Len())
		for it := v.MapRange(); it.Next(); {
			values[it.Key().String()] = it.Value()
		}
		w.Uint(uint64(len(values)))
		for _, key := range slices.Sorted(maps.Keys(values)) {
			w.Text(key)
			elem.write(w, values[key])
		}
	}
	made.read = func(r *Reader, into reflect.Value) {
		n := r.Length()
		m := reflect.MakeMapWithSize(made.of, n)
		for i := 0; i < n && r.err == nil; i++ {
			key := reflect.New(made.of.Key()).Elem()
			key.SetString(r.Text())
			value := reflect.New(made.of.Elem()).Elem()
			elem.read(r, value)
			m.SetMapIndex(key, value)
		}
		into.Set(m)
	}
}

// Write appends v, which must be of the format's type.
func (f *Format) Write(w *Writer, v reflect.Value) { f.write(w, v) }

// Read reads a value of the format's type. What went wrong is the reader's Err.
func (f *Format) Read(r *Reader, into reflect.Value) { f.read(r, into) }
