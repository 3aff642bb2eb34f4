// SPDX-License-Identifier: Apache-2.0

package event

import "reflect"

// itemField has the place of the field Item of each kind that has one.
var itemField = func() map[reflect.Type]int {
	m := make(map[reflect.Type]int, len(kinds))
	for _, k := range kinds {
		if f, ok := k.of.FieldByName("Item"); ok && len(f.Index) == 1 {
			m[k.of] = f.Index[0]
		}
	}
	return m
}()

// ItemOf returns the id of the item that ev is about, or "".
func ItemOf(ev Event) string {
	v := reflect.ValueOf(ev)
	i, ok := itemField[v.Type()]
	if !ok {
		return ""
	}
	return v.Field(i).String()
}
