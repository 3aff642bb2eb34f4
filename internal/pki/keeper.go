// SPDX-License-Identifier: Apache-2.0

package pki

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
	// check is how often the certificates are looked at; retry, how soon again after an error while there are none, and
	// later while there are.
	check = time.Minute
	retry = time.Second
	later = 20 * time.Second
)

// Options say whose certificates a Keeper keeps, and where.
type Options struct {
	// Purpose is what the certificates are for, in a word: "planfeed".
	Purpose string
	// ServerName is the DNS name that they are good for.
	ServerName string
	Secret     types.NamespacedName
	Reader     client.Reader // not cached: the manager has no cache of Secrets' content
	Writer     client.Writer
	Now        func() time.Time
	Log        logr.Logger
}

// Keeper keeps an authority and a serving certificate in a Secret and renews them in time. Every manager runs one, leader
// or not: all must serve with the same certificate, and whoever looks first renews it.
//
// A new authority is announced in the bundle for an hour before it signs, and the one before it stays there until it
// ends: whoever takes the bundle within that hour never meets a certificate that it does not know.
type Keeper struct {
	Options

	mu        sync.Mutex
	current   *chain
	listeners []func()
}

// NewKeeper returns a Keeper that has not looked yet.
func NewKeeper(opts Options) *Keeper { return &Keeper{Options: opts} }

// Start implements manager.Runnable.
func (k *Keeper) Start(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		after := check
		if err := k.Refresh(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			after = retry
			if len(k.Bundle()) > 0 {
				after = later
			}
			if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) { // another manager was first
				k.Log.Error(err, "Renewing certificates", "purpose", k.Purpose)
			}
		}
		timer.Reset(after)
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (k *Keeper) NeedLeaderElection() bool { return false }

// Refresh reads the Secret, renews what is due, and takes the result into use.
func (k *Keeper) Refresh(ctx context.Context) error {
	secret := &corev1.Secret{}
	err := k.Reader.Get(ctx, k.Secret, secret)
	exists := err == nil
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading Secret %s: %w", k.Secret.Name, err)
	}
	had := &chain{}
	if exists {
		if had, err = decode(secret.Data); err != nil {
			k.Log.Info("Replacing certificates that cannot be read", "secret", k.Secret.Name, "error", err.Error())
			had = &chain{}
		}
	}
	want, err := had.renew(k.Now(), subject{purpose: k.Purpose, serverName: k.ServerName})
	if err != nil {
		return err
	}
	if want != had {
		if err := k.store(ctx, secret, exists, want); err != nil {
			return err
		}
		k.Log.Info("Renewed certificates", "purpose", k.Purpose, "secret", k.Secret.Name, "validUntil", want.serving.Leaf.NotAfter)
	}
	k.use(want)
	return nil
}

func (k *Keeper) store(ctx context.Context, secret *corev1.Secret, exists bool, c *chain) error {
	data, err := c.encode()
	if err != nil {
		return err
	}
	if !exists {
		created := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: k.Secret.Namespace, Name: k.Secret.Name},
			Type:       corev1.SecretTypeOpaque,
			Data:       data,
		}
		if err := k.Writer.Create(ctx, created); err != nil {
			return fmt.Errorf("creating Secret %s: %w", k.Secret.Name, err)
		}
		return nil
	}
	secret.Data = data // with the resource version that was read: a conflict when another manager was first
	if err := k.Writer.Update(ctx, secret); err != nil {
		return fmt.Errorf("writing Secret %s: %w", k.Secret.Name, err)
	}
	return nil
}

// use serves with c from now on, and tells who distributes the authorities.
func (k *Keeper) use(c *chain) {
	k.mu.Lock()
	changed := k.current == nil || string(k.current.bundle()) != string(c.bundle())
	k.current = c
	listeners := k.listeners
	k.mu.Unlock()
	Observe(k.Purpose, c.serving)
	if !changed {
		return
	}
	for _, f := range listeners {
		f()
	}
}

// Bundle is the certificates of the authorities in PEM, for who verifies; empty until they are made.
func (k *Keeper) Bundle() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return nil
	}
	return k.current.bundle()
}

// OnChange has f called after the bundle has changed. f must not block.
func (k *Keeper) OnChange(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.listeners = append(k.listeners, f)
}

// Certificate is what to serve with now, for tls.Config.GetCertificate. It is an error until one is made.
func (k *Keeper) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return nil, errors.New("the certificate is not made yet")
	}
	return k.current.serving, nil
}
