// SPDX-License-Identifier: Apache-2.0

package invalid

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"workstream.dev/operator/internal/testkit/kubetest"
)

// denied is how a refusal by the webhook begins.
const denied = `admission webhook "validate.routing.workstream.dev" denied the request: `

// TestManifestsAtTheWebhook tries every file where a manager is up: it refuses what the files with its mark say, in the words
// of the condition, and nothing else changes.
func TestManifestsAtTheWebhook(t *testing.T) {
	kubetest.Require(t)
	s := startServer(t)
	stop, err := s.env.ServeWebhook(t.Context(), namespace)
	if stop != nil {
		t.Cleanup(func() {
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, m := range manifests(t) {
		t.Run(strings.TrimSuffix(filepath.ToSlash(m.path), ".yaml"), func(t *testing.T) {
			d, err := s.refusal(t, &m)
			byWebhook := err != nil && strings.HasPrefix(err.Error(), denied)
			if byWebhook {
				refused++
			}
			switch {
			case *rewrite && byWebhook:
				m.said(t, layerMark, []string{webhookLayer})
			case *rewrite:
				m.said(t, layerMark, nil)
			case byWebhook != (m.layer == webhookLayer):
				t.Errorf("the file says layer %q, and the error is %v", m.layer, err)
			case byWebhook:
				m.checkWords(t, d, err)
			case err != nil:
				if diff := cmp.Diff(m.want, complaints(err)); diff != "" {
					t.Errorf("the schema says something else than without the webhook (-want +got):\n%s", diff)
				}
			case !slices.ContainsFunc(m.want, finding.MatchString):
				t.Errorf("nobody refuses it, and no condition is wanted: %q", m.want)
			}
		})
	}
	if refused == 0 {
		t.Error("the webhook refuses nothing")
	}
}

// refusal applies the objects in their order until one is refused, and returns which and how.
func (s *server) refusal(t *testing.T, m *manifest) (*document, error) {
	t.Helper()
	for i := range m.documents {
		if m.documents[i].head.Kind == "Secret" {
			continue
		}
		if _, err := s.apply(t, m, i); err != nil {
			return &m.documents[i], err
		}
	}
	return nil, nil
}

// checkWords: a refusal names fields as one of the schema does, and says of the object what its condition would.
func (m *manifest) checkWords(t *testing.T, d *document, err error) {
	t.Helper()
	var status *apierrors.StatusError
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) || status.ErrStatus.Details == nil {
		t.Fatalf("it is not invalid, but %v", err)
	}
	causes := make([]string, len(status.ErrStatus.Details.Causes))
	for i, c := range status.ErrStatus.Details.Causes {
		causes[i] = c.Field + ": " + c.Message
	}
	object := d.head.Kind + " " + d.head.Metadata.Name
	said := strings.Join(causes, "; ")
	if !slices.ContainsFunc(m.want, func(want string) bool {
		condition, message, _ := strings.Cut(want, ": ")
		return strings.HasPrefix(condition, object+" Accepted ") && message == said
	}) {
		t.Errorf("%s is refused for %q, and the condition would say one of\n%s", object, said, strings.Join(m.want, "\n"))
	}
	if !strings.HasSuffix(err.Error(), said) {
		t.Errorf("the message does not say it: %v", err)
	}
}
