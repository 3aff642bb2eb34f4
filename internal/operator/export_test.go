// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Trust is a trust whose clock and rounds are a test's.
type Trust struct{ *trust }

// NewTrust returns a trust for a manager in that namespace.
func NewTrust(c client.Client, namespace string, now func() time.Time) Trust {
	return Trust{&trust{
		reader: c, writer: c, now: now, log: logr.Discard(),
		secret:     types.NamespacedName{Namespace: namespace, Name: TrustSecret},
		serverName: "workstream-manager-planfeed." + namespace + ".svc",
	}}
}

// Refresh does one round.
func (t Trust) Refresh(ctx context.Context) error { return t.refresh(ctx) }

// Serving is the certificate that is served now, in DER.
func (t Trust) Serving() ([]byte, error) {
	c, err := t.certificate(nil)
	if err != nil {
		return nil, err
	}
	return c.Certificate[0], nil
}
