// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

const (
	itemRoot    = "item"
	skillsField = "skills"
)

// Values are the attributes of an item, by full name such as context.tier.
type Values interface {
	// Value returns a string, a float64 or a time.Time, or nil when there is no such attribute.
	Value(name string) any
	// Names returns what follows prefix in the names that begin with it, in any order.
	Names(prefix string) []string
}

// activation gives CEL the roots.
type activation struct{ values Values }

// ResolveName returns the map of a root.
func (a activation) ResolveName(name string) (any, bool) {
	if !slices.Contains(Roots, name) {
		return nil, false
	}
	return &names{a.values, name + "."}, true
}

// Parent returns nil: there is none.
func (a activation) Parent() interpreter.Activation { return nil }

// names is the map of the attributes with one prefix. It looks a value up when it is asked for.
type names struct {
	values Values
	prefix string
}

var _ traits.Mapper = (*names)(nil)

func (m *names) lookup(name string) ref.Val {
	if m.prefix == itemRoot+"." && name == skillsField {
		return &names{m.values, m.prefix + skillsField + "."}
	}
	switch v := m.values.Value(m.prefix + name).(type) {
	case string:
		return types.String(v)
	case float64:
		return types.Double(v)
	case time.Time:
		return types.Timestamp{Time: v}
	default:
		return nil
	}
}

// Find returns the value of a name.
func (m *names) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	v := m.lookup(string(name))
	return v, v != nil
}

// Get returns the value of a name, or an error that there is none.
func (m *names) Get(key ref.Val) ref.Val {
	if v, ok := m.Find(key); ok {
		return v
	}
	return types.NewErr("no such key: %v", key)
}

// Contains reports whether there is that name.
func (m *names) Contains(key ref.Val) ref.Val {
	_, ok := m.Find(key)
	return types.Bool(ok)
}

// all are the names, sorted, so that every run sees them in one order.
func (m *names) all() []string {
	list := m.values.Names(m.prefix)
	if m.prefix == itemRoot+"." {
		skill := func(name string) bool {
			return len(name) > len(skillsField) && name[:len(skillsField)+1] == skillsField+"."
		}
		list = append(slices.DeleteFunc(list, skill), skillsField)
	}
	slices.Sort(list)
	return list
}

// Iterator goes through the names.
func (m *names) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, m.all()).Iterator()
}

// Size is how many names there are.
func (m *names) Size() ref.Val { return types.Int(len(m.all())) }

// whole is the map with all that is in it.
func (m *names) whole() traits.Mapper {
	list := m.all()
	values := make(map[ref.Val]ref.Val, len(list))
	for _, name := range list {
		v := m.lookup(name)
		if inner, ok := v.(*names); ok {
			v = inner.whole()
		}
		values[types.String(name)] = v
	}
	return types.NewRefValMap(types.DefaultTypeAdapter, values)
}

// Equal compares with another map.
func (m *names) Equal(other ref.Val) ref.Val {
	if o, ok := other.(*names); ok {
		other = o.whole()
	}
	return m.whole().Equal(other)
}

// ConvertToNative returns the map as a Go map.
func (m *names) ConvertToNative(t reflect.Type) (any, error) {
	v, err := m.whole().ConvertToNative(t)
	if err != nil {
		return nil, fmt.Errorf("converting %s*: %w", m.prefix, err)
	}
	return v, nil
}

// ConvertToType returns the map as another type of CEL.
func (m *names) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.MapType:
		return m
	case types.TypeType:
		return types.MapType
	default:
		return types.NewErr("type conversion error from map to %q", t.TypeName())
	}
}

// Type is a map.
func (m *names) Type() ref.Type { return types.MapType }

// Value is the map with all that is in it.
func (m *names) Value() any { return m.whole().Value() }
