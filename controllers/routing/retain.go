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
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// history is the stored revisions of one Workstream. The one with the highest number is the last good one.
type history struct {
	stored []storedRevision  // by number
	last   *compile.Revision // as fresh as this process knows it
	// unsure is set when a write failed: it may have been done all the same.
	unsure bool
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
	var list appsv1.ControllerRevisionList
	if err := r.live.List(ctx, &list, client.InNamespace(n.name), client.HasLabels{routingv1alpha1.LabelWorkstream}); err != nil {
		return fmt.Errorf("listing revisions: %w", err)
	}
	slices.SortFunc(list.Items, func(a, b appsv1.ControllerRevision) int { return cmp.Compare(a.Revision, b.Revision) })
	n.revisions, n.good, n.retained = map[types.UID]*history{}, nil, nil
	for i := range list.Items {
		stored := &list.Items[i]
		owner := metav1.GetControllerOf(stored)
		if owner == nil || owner.Kind != routingv1alpha1.KindWorkstream {
			continue
		}
		var content compile.Revision
		if err := json.Unmarshal(stored.Data.Raw, &content); err != nil {
			ctrl.LoggerFrom(ctx).Info("Skipping a revision that cannot be read", "revision", stored.Name, "error", err.Error())
			continue
		}
		h := n.history(owner.UID)
		h.stored = append(h.stored, storedRevision{stored.Name, content.Workstream.Revision, stored.Revision})
		h.last = &content
	}
	return nil
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

// lastGood is what compile falls back to, by the Workstream's name.
func (s *scope) lastGood() map[string]*compile.Revision {
	if s.good != nil && !s.relisted {
		for name, uid := range s.storing {
			if h := s.revisions[uid]; h != nil && len(h.stored) > 0 {
				s.good[name] = h.last
			}
		}
		return s.good
	}
	s.good = make(map[string]*compile.Revision, len(s.revisions))
	for i := range s.input.Workstreams {
		w := &s.input.Workstreams[i]
		if h := s.revisions[w.UID]; h != nil && len(h.stored) > 0 {
			s.good[w.Name] = h.last
		}
	}
	return s.good
}

// retain has the revisions that the plan runs stored, and old ones removed.
func (r *Reconciler) retain(_ context.Context, s *scope) error {
	verdicts, before, at := s.output.Objects[routingv1alpha1.KindWorkstream], s.retained, 0
	good := s.lastGood()
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
		revision := verdicts[at].Revision
		if before != nil && before[at].Revision == revision && before[at].Name == w.Name && s.storing[w.Name] == "" {
			continue
		}
		h := s.history(w.UID)
		if n := len(h.stored); n > 0 && h.stored[n-1].revision == revision.Workstream.Revision && n <= limitOf(w) {
			// Its queues, profiles and calendars may have changed since it was stored. What is stored stays as it is, which
			// is enough for a process that begins to lead while something is missing.
			h.last, good[w.Name] = revision, revision
			delete(s.storing, w.Name)
			continue
		}
		s.storing[w.Name] = w.UID // until it is seen to be stored
		s.later = append(s.later, func(ctx context.Context) error { return r.store(ctx, w, h, revision) })
	}
	return nil
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
	h.last = content
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
