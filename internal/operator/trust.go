// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// TrustSecret keeps the plan feed's certificates, in the manager's namespace.
	TrustSecret = "workstream-manager-planfeed-tls"
	// trustCheck is how often the certificates are looked at; trustRetry, how soon again after an error while there are
	// none, and trustLater while there are.
	trustCheck = time.Minute
	trustRetry = time.Second
	trustLater = 20 * time.Second
)

// trust keeps the plan feed's certificates in a Secret and renews them in time. Every manager runs one, leader or not:
// all must serve with the same certificate, and whoever looks first renews it.
type trust struct {
	reader     client.Reader // not cached: the manager has no cache of Secrets' content
	writer     client.Writer
	secret     types.NamespacedName
	serverName string
	now        func() time.Time
	log        logr.Logger

	mu        sync.Mutex
	current   *pki
	listeners []func()
}

// Start implements manager.Runnable.
func (t *trust) Start(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		after := trustCheck
		if err := t.refresh(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			after = trustRetry
			if len(t.Bundle()) > 0 {
				after = trustLater
			}
			if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) { // another manager was first
				t.log.Error(err, "Renewing the plan feed's certificates")
			}
		}
		timer.Reset(after)
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (t *trust) NeedLeaderElection() bool { return false }

// refresh reads the Secret, renews what is due, and takes the result into use.
func (t *trust) refresh(ctx context.Context) error {
	secret := &corev1.Secret{}
	err := t.reader.Get(ctx, t.secret, secret)
	exists := err == nil
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading Secret %s: %w", t.secret.Name, err)
	}
	had := &pki{}
	if exists {
		if had, err = decodePKI(secret.Data); err != nil {
			t.log.Info("Replacing certificates that cannot be read", "secret", t.secret.Name, "error", err.Error())
			had = &pki{}
		}
	}
	want, err := had.renew(t.now(), t.serverName)
	if err != nil {
		return err
	}
	if want != had {
		if err := t.store(ctx, secret, exists, want); err != nil {
			return err
		}
		t.log.Info("Renewed the plan feed's certificates", "secret", t.secret.Name, "validUntil", want.serving.Leaf.NotAfter)
	}
	t.use(want)
	return nil
}

func (t *trust) store(ctx context.Context, secret *corev1.Secret, exists bool, p *pki) error {
	data, err := p.encode()
	if err != nil {
		return err
	}
	if !exists {
		created := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: t.secret.Namespace, Name: t.secret.Name},
			Type:       corev1.SecretTypeOpaque,
			Data:       data,
		}
		if err := t.writer.Create(ctx, created); err != nil {
			return fmt.Errorf("creating Secret %s: %w", t.secret.Name, err)
		}
		return nil
	}
	secret.Data = data // with the resource version that was read: a conflict when another manager was first
	if err := t.writer.Update(ctx, secret); err != nil {
		return fmt.Errorf("writing Secret %s: %w", t.secret.Name, err)
	}
	return nil
}

// use serves with p from now on, and tells who distributes the authorities.
func (t *trust) use(p *pki) {
	t.mu.Lock()
	changed := t.current == nil || string(t.current.bundle()) != string(p.bundle())
	t.current = p
	listeners := t.listeners
	t.mu.Unlock()
	if !changed {
		return
	}
	for _, f := range listeners {
		f()
	}
}

// Bundle implements dataplane.Trust.
func (t *trust) Bundle() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == nil {
		return nil
	}
	return t.current.bundle()
}

// OnChange implements dataplane.Trust.
func (t *trust) OnChange(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listeners = append(t.listeners, f)
}

// certificate is what the plan feed serves with.
func (t *trust) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == nil {
		return nil, errors.New("the certificate is not made yet")
	}
	return t.current.serving, nil
}
