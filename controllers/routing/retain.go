// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// history is the stored revisions of one Workstream. The one with the highest number is the last good one.
type history struct {
	stored []storedRevision // by number
	// last is the content of the newest, as fresh as this process knows it. It is read from raw when somebody asks, which is
	// seldom: when a Workstream cannot be compiled.
	last *compile.Revision
	raw  []byte
	// unsure is set when a write failed: it may have been done all the same.
	unsure bool
}

// content returns the newest revision, nil if there is none that can be read.
func (h *history) content() *compile.Revision {
	if h.raw != nil {
		var content compile.Revision
		if err := json.Unmarshal(h.raw, &content); err == nil { // else it is one of another release
			h.last = &content
		}
		h.raw = nil
	}
	return h.last
}

type storedRevision struct {
	object   string // the ControllerRevision's name
	revision string
	number   int64
}

// loadRevisions reads the stored revisions of a namespace, once for each process that leads. They are not watched: nobody
// else has a reason to write them.
func (r *Reconciler) loadRevisions(ctx context.Context, n *namespace) error {
	if n.revisions != nil && !n.unsure() {
		return nil
	}
	const page = 500
	n.revisions, n.retained = map[types.UID]*history{}, nil
	for next := ""; ; {
		var list appsv1.ControllerRevisionList
		err := r.live.List(ctx, &list, client.InNamespace(n.name), client.HasLabels{routingv1alpha1.LabelWorkstream},
			client.Limit(page), client.Continue(next))
		if err != nil {
			n.revisions = nil
			return fmt.Errorf("listing revisions: %w", err)
		}
		for i := range list.Items {
			n.load(&list.Items[i])
		}
		if next = list.Continue; next == "" {
			return nil
		}
	}
}

func (n *namespace) load(stored *appsv1.ControllerRevision) {
	owner := metav1.GetControllerOf(stored)
	dash := strings.LastIndexByte(stored.Name, '-')
	if owner == nil || owner.Kind != routingv1alpha1.KindWorkstream || dash < 0 {
		return
	}
	h, of := n.history(owner.UID), storedRevision{stored.Name, stored.Name[dash+1:], stored.Revision}
	at, _ := slices.BinarySearchFunc(h.stored, of, func(a, b storedRevision) int { return cmp.Compare(a.number, b.number) })
	if at == len(h.stored) {
		h.raw = stored.Data.Raw
	}
	h.stored = slices.Insert(h.stored, at, of)
}

func (n *namespace) unsure() bool {
	for _, h := range n.revisions {
		if h.unsure {
			return true
		}
	}
	return false
}

func (n *namespace) history(workstream types.UID) *history {
	h := n.revisions[workstream]
	if h == nil {
		h = &history{}
		n.revisions[workstream] = h
	}
	return h
}

// lastGood is what compile falls back to.
type lastGood struct{ *scope }

// Revision implements compile.Revisions.
func (l lastGood) Revision(workstream string) *compile.Revision {
	byName := func(w routingv1alpha1.Workstream, name string) int { return strings.Compare(w.Name, name) }
	at, ok := slices.BinarySearchFunc(l.input.Workstreams, workstream, byName)
	if !ok {
		return nil
	}
	h := l.revisions[l.input.Workstreams[at].UID]
	if h == nil || len(h.stored) == 0 {
		return nil
	}
	return h.content()
}

// retain has the revisions that the plan runs stored, and old ones removed.
func (r *Reconciler) retain(_ context.Context, s *scope) error {
	verdicts, before, at := s.output.Objects[routingv1alpha1.KindWorkstream], s.retained, 0
	s.retained = verdicts
	if len(before) != len(verdicts) {
		before = nil
	}
	for i := range s.input.Workstreams {
		w := &s.input.Workstreams[i]
		for at < len(verdicts) && verdicts[at].Name < w.Name {
			at++
		}
		if at == len(verdicts) || verdicts[at].Name != w.Name || verdicts[at].Revision == nil || verdicts[at].Retained {
			continue
		}
		seen := before != nil && before[at].Revision == verdicts[at].Revision && before[at].Name == w.Name && s.storing[w.Name] == ""
		if !seen {
			r.retainOne(s, w, verdicts[at].Revision)
		}
	}
	return nil
}

// retainOne has one revision stored, unless it is.
func (r *Reconciler) retainOne(s *scope, w *routingv1alpha1.Workstream, revision *compile.Revision) {
	h := s.history(w.UID)
	if n := len(h.stored); n > 0 && h.stored[n-1].revision == revision.Workstream.Revision && n <= limitOf(w) {
		// Its queues, profiles and calendars may have changed since it was stored. What is stored stays as it is, which
		// is enough for a process that begins to lead while something is missing.
		h.last, h.raw = revision, nil
		delete(s.storing, w.Name)
		return
	}
	s.storing[w.Name] = w.UID // until it is seen to be stored
	s.later = append(s.later, func(ctx context.Context) error { return r.store(ctx, w, h, revision) })
}

func limitOf(w *routingv1alpha1.Workstream) int { return max(1, int(w.Spec.RevisionHistoryLimit)) }

// store makes a revision the newest and removes those beyond the limit. Nothing else uses h meanwhile.
func (r *Reconciler) store(ctx context.Context, w *routingv1alpha1.Workstream, h *history, content *compile.Revision) (err error) {
	defer func() { h.unsure = err != nil }()
	revision := content.Workstream.Revision
	newest := len(h.stored) - 1
	if newest < 0 || h.stored[newest].revision != revision {
		next := storedRevision{object: revisionName(w.Name, revision), revision: revision, number: 1}
		if newest >= 0 {
			next.number = h.stored[newest].number + 1
		}
		if at := slices.IndexFunc(h.stored, func(s storedRevision) bool { return s.revision == revision }); at >= 0 {
			// The settings are again those of an earlier revision.
			next.object = h.stored[at].object
			h.stored = slices.Delete(h.stored, at, at+1)
			err = r.renumber(ctx, w.Namespace, next)
		} else {
			err = r.create(ctx, w, next, content)
		}
		if err != nil {
			return fmt.Errorf("storing revision %s: %w", next.object, err)
		}
		h.stored = append(h.stored, next)
	}
	h.last, h.raw = content, nil
	return r.prune(ctx, w, h)
}

func (r *Reconciler) create(ctx context.Context, w *routingv1alpha1.Workstream, next storedRevision, content *compile.Revision) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return r.client.Create(ctx, &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.Namespace,
			Name:      next.object,
			Labels:    map[string]string{routingv1alpha1.LabelWorkstream: labelValue(w.Name)},
			OwnerReferences: []metav1.OwnerReference{
				*metav1.NewControllerRef(w, routingv1alpha1.GroupVersion.WithKind(routingv1alpha1.KindWorkstream)),
			},
		},
		Data:     runtime.RawExtension{Raw: raw},
		Revision: next.number,
	})
}

func (r *Reconciler) renumber(ctx context.Context, namespace string, s storedRevision) error {
	obj := &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: s.object}}
	return r.client.Patch(ctx, obj, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"revision":%d}`, s.number)))
}

// prune removes the oldest revisions beyond the limit, never the newest.
func (r *Reconciler) prune(ctx context.Context, w *routingv1alpha1.Workstream, h *history) error {
	for len(h.stored) > limitOf(w) {
		obj := &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: h.stored[0].object}}
		if err := r.client.Delete(ctx, obj); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("removing revision %s: %w", obj.Name, err)
		}
		h.stored = h.stored[1:]
	}
	return nil
}

// revisionName is the name of a ControllerRevision. A name that would become too long is cut: the revision is a hash of the
// whole name too.
func revisionName(workstream, revision string) string {
	const limit = 253
	if keep := limit - len(revision) - 1; len(workstream) > keep {
		workstream = strings.TrimRight(workstream[:keep], "-.")
	}
	return workstream + "-" + revision
}

// labelValue cuts a name to what a label may hold. Whose a revision is, its owner reference says.
func labelValue(name string) string {
	const limit = 63
	return strings.TrimRight(name[:min(len(name), limit)], "-.")
}
