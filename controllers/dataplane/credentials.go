// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/kube"
)

// secretMemory is what the credentials Secrets were made of. The cache has the metadata of Secrets only, so without it
// their content would be read again at each reconcile.
type secretMemory struct {
	mu   sync.Mutex
	made map[types.NamespacedName]madeSecret // by Distributor
}

type madeSecret struct {
	fingerprint     string // of the Secrets that it was made of
	resourceVersion string // of itself
}

func (m *secretMemory) get(k types.NamespacedName) madeSecret {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.made[k]
}

func (m *secretMemory) set(k types.NamespacedName, v madeSecret) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made == nil {
		m.made = map[types.NamespacedName]madeSecret{}
	}
	m.made[k] = v
}

func (m *secretMemory) forget(k types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.made, k)
}

// credentials gathers the referenced keys into the one Secret that the pods mount.
func (r *Reconciler) credentials(ctx context.Context, s *scope) error {
	d := s.distributor
	keys, err := r.wanted(ctx, d)
	if err != nil {
		return err
	}
	if s.fingerprint, err = r.fingerprint(ctx, d.Namespace, keys); err != nil {
		return err
	}
	name := types.NamespacedName{Namespace: d.Namespace, Name: CredentialsName(d.Name)}
	meta, err := r.secretMeta(ctx, name)
	if err != nil {
		return err
	}
	if made := r.secrets.get(client.ObjectKeyFromObject(d)); meta != nil && made == (madeSecret{s.fingerprint, meta.ResourceVersion}) {
		return nil
	}
	data, err := r.read(ctx, d.Namespace, keys)
	if err != nil {
		return err
	}
	live := &corev1.Secret{}
	a := kube.Applier{Reader: r.live, Writer: r.client, Manager: FieldManager}
	desired := corev1ac.Secret(name.Name, name.Namespace).WithLabels(labels(d.Name)).WithOwnerReferences(owner(d)).WithData(data)
	wrote, err := a.Apply(ctx, live, desired)
	if err != nil {
		return err
	}
	if wrote {
		ctrl.LoggerFrom(ctx).Info("Applied credentials", "keys", len(data))
		if err := r.live.Get(ctx, name, live); err != nil {
			return fmt.Errorf("reading credentials back: %w", err)
		}
	}
	r.secrets.set(client.ObjectKeyFromObject(d), madeSecret{s.fingerprint, live.ResourceVersion})
	return nil
}

// wanted are the keys that channels and issuers of the namespace name, sorted.
func (r *Reconciler) wanted(ctx context.Context, d *routingv1alpha1.Distributor) ([]kube.SecretKey, error) {
	var channels routingv1alpha1.ChannelList
	if err := r.client.List(ctx, &channels, client.InNamespace(d.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing Channels: %w", err)
	}
	keys := kube.SecretsOfDistributor(d)
	for i := range channels.Items {
		for _, name := range kube.SecretsOfChannel(&channels.Items[i]) {
			keys = append(keys, kube.SecretKey{Secret: name, Key: routingv1alpha1.SigningSecretKey})
		}
	}
	slices.SortFunc(keys, func(a, b kube.SecretKey) int {
		return cmp.Or(cmp.Compare(a.Secret, b.Secret), cmp.Compare(a.Key, b.Key))
	})
	return slices.Compact(keys), nil
}

// fingerprint changes when a wanted key may have another value. It says nothing of the values.
func (r *Reconciler) fingerprint(ctx context.Context, namespace string, keys []kube.SecretKey) (string, error) {
	type state struct{ Secret, Key, UID, Version string }
	states := make([]state, 0, len(keys))
	for _, k := range keys {
		m, err := r.secretMeta(ctx, types.NamespacedName{Namespace: namespace, Name: k.Secret})
		if err != nil {
			return "", err
		}
		if m != nil {
			states = append(states, state{k.Secret, k.Key, string(m.UID), m.ResourceVersion})
		}
	}
	return kube.Hash(states)
}

func (r *Reconciler) secretMeta(ctx context.Context, name types.NamespacedName) (*metav1.PartialObjectMetadata, error) {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := r.client.Get(ctx, name, m); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("reading metadata of Secret %s: %w", name.Name, err)
	}
	return m, nil
}

// read returns the values of the keys that exist, by SECRET.KEY.
func (r *Reconciler) read(ctx context.Context, namespace string, keys []kube.SecretKey) (map[string][]byte, error) {
	out := map[string][]byte{}
	var secret *corev1.Secret // keys of one Secret stand together
	for _, k := range keys {
		if secret == nil || secret.Name != k.Secret {
			secret = &corev1.Secret{}
			err := r.live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: k.Secret}, secret)
			if err != nil && !apierrors.IsNotFound(err) {
				return nil, fmt.Errorf("reading Secret %s: %w", k.Secret, err)
			}
			secret.Name = k.Secret
		}
		if v, ok := secret.Data[k.Key]; ok {
			out[k.Secret+"."+k.Key] = v
		}
	}
	return out, nil
}

// refreshPods annotates the pods that were not told of these credentials: the kubelet then looks at the mount at once,
// not at its next round a minute later.
func (r *Reconciler) refreshPods(ctx context.Context, s *scope) error {
	pods := &metav1.PartialObjectMetadataList{}
	pods.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PodList"))
	err := r.client.List(ctx, pods, client.InNamespace(s.distributor.Namespace), client.MatchingLabels(labels(s.distributor.Name)))
	if err != nil {
		return fmt.Errorf("listing pods: %w", err)
	}
	for i := range pods.Items {
		p := &pods.Items[i]
		if p.Annotations[CredentialsAnnotation] == s.fingerprint || !p.DeletionTimestamp.IsZero() {
			continue
		}
		before := p.DeepCopy()
		metav1.SetMetaDataAnnotation(&p.ObjectMeta, CredentialsAnnotation, s.fingerprint)
		if err := r.client.Patch(ctx, p, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("annotating pod %s: %w", p.Name, err)
		}
	}
	return nil
}
