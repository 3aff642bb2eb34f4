// SPDX-License-Identifier: Apache-2.0

package event

import (
	"reflect"
	"testing"
)

// Every kind of event that names its item is known to do so.
func TestItemOfAllKinds(t *testing.T) {
	for name, k := range kinds {
		v := reflect.New(k.of).Elem()
		want := ""
		if f := v.FieldByName("Item"); f.IsValid() {
			want = "i1"
			f.SetString(want)
		}
		if ev, ok := reflect.TypeAssert[Event](v); !ok || ItemOf(ev) != want {
			t.Errorf("%s is about item %q, want %q", name, ItemOf(ev), want)
		}
	}
}
