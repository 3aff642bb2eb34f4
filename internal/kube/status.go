// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// MaxMessage is the longest message of a condition.
const MaxMessage = 1024

// PatchStatus writes to the status of obj what differs from before, in one patch, and reports whether it wrote. obj takes
// over the server's answer. With exclusive, the patch is refused with a conflict when somebody else wrote in between: for
// objects whose conditions have several writers, because a merge patch replaces the list.
func PatchStatus(ctx context.Context, c client.Client, before, obj client.Object, exclusive bool) (bool, error) {
	data, err := client.MergeFrom(before).Data(obj)
	if err != nil {
		return false, fmt.Errorf("comparing status of %s: %w", obj.GetName(), err)
	}
	if bytes.Equal(data, []byte("{}")) {
		return false, nil
	}
	patch := client.RawPatch(client.Merge.Type(), data)
	if exclusive {
		patch = client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	}
	if err := c.Status().Patch(ctx, obj, patch); err != nil {
		return false, fmt.Errorf("writing status of %s: %w", obj.GetName(), err)
	}
	return true, nil
}

// Message cuts a condition's message to what conditions are meant to hold.
func Message(s string) string {
	if len(s) <= MaxMessage {
		return s
	}
	const more = " ..."
	cut := MaxMessage - len(more)
	for cut > 0 && s[cut]&0xC0 == 0x80 { // not inside a character
		cut--
	}
	return s[:cut] + more
}
