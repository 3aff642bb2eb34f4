// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed"
)

// manager is the other end of the plan feed.
type manager struct {
	*planfeed.Server

	addr string
}

func (w *world) newManager() *manager {
	w.t.Helper()
	certs := httptest.NewTLSServer(nil) // has a certificate for example.com
	w.t.Cleanup(certs.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certs.Certificate().Raw})
	check(w.t, os.WriteFile(filepath.Join(w.dir, "ca.crt"), ca, 0o600))
	check(w.t, os.WriteFile(filepath.Join(w.dir, "token"), []byte("the token"), 0o600))
	m := &manager{Server: planfeed.NewServer(planfeed.ServerOptions{
		TLS: &tls.Config{Certificates: certs.TLS.Certificates, MinVersion: tls.VersionTLS13},
		Authenticate: func(_ context.Context, token string) (planfeed.Identity, error) {
			if token != "the token" {
				return planfeed.Identity{}, planfeed.ErrToken
			}
			return planfeed.Identity{Namespace: testNamespace, Distributor: "default"}, nil
		},
	})}
	var lc net.ListenConfig
	l, err := lc.Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	check(w.t, err)
	m.addr = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- m.Serve(l) }()
	w.t.Cleanup(func() {
		m.Stop()
		check(w.t, <-served)
	})
	m.SetServing(true)
	return m
}

// fed connects an app to a manager.
func (w *world) fed(m *manager) func(*App) {
	return func(a *App) {
		a.cfg.PlanfeedAddress, a.cfg.PlanfeedServerName = m.addr, "example.com"
		a.cfg.PlanfeedCA, a.cfg.PlanfeedToken = filepath.Join(w.dir, "ca.crt"), filepath.Join(w.dir, "token")
	}
}

// acknowledged waits for what the replica says.
func (w *world) acknowledged(m *manager, is func(planfeed.Replica) bool) {
	w.t.Helper()
	w.eventually(func() string {
		replicas := m.Replicas(testNamespace, "default")
		if !slices.ContainsFunc(replicas, is) {
			return fmt.Sprintf("the replicas say %+v", replicas)
		}
		return ""
	})
}

// published is the plan of the world as a manager has it.
func (w *world) published() *plan.Plan {
	w.t.Helper()
	p, err := plan.Decode(w.plan)
	check(w.t, err)
	return p
}

// novel is a plan of a later version, in one part.
type novel struct{ body []byte }

func (n novel) Parts() []plan.PartID { return []plan.PartID{plan.IDOfPart(n.body)} }

func (n novel) Manifest() []byte {
	id := n.Parts()[0]
	return append([]byte{'M'}, id[:]...)
}

func (n novel) Version() string                  { return plan.Version(n.Manifest()) }
func (n novel) Part(plan.PartID) ([]byte, error) { return n.body, nil }
func (n novel) Size() int                        { return len(n.body) }

func TestPlansComeFromTheManager(t *testing.T) {
	w := newWorld(t)
	m := w.newManager()
	check(t, m.Publish(testNamespace, "default", w.published()))
	a := w.build(w.fed(m))
	check(t, a.Start(t.Context()))
	first := w.version
	w.acknowledged(m, func(r planfeed.Replica) bool {
		return r.Name == "test-0" && r.Version == first && r.Refused == "" && len(r.MissingCredentials) == 0
	})
	w.say(a, "c-1", "hello")

	// A plan that this distributor cannot run is refused with its reason, and the one before goes on.
	w.setPlan(func(p *plan.Plan) { p.Namespace = "fabrikam" })
	check(t, m.Publish(testNamespace, "default", w.published()))
	w.acknowledged(m, func(r planfeed.Replica) bool {
		return r.Version == first && r.RefusedVersion == w.version &&
			r.Refused == "the plan is for namespace fabrikam, this distributor serves contoso"
	})
	rubbish := novel{[]byte(`{"head":{"namespace":"contoso","novelty":1}}`)}
	check(t, m.Publish(testNamespace, "default", rubbish))
	w.acknowledged(m, func(r planfeed.Replica) bool { return r.Version == first && r.RefusedVersion == rubbish.Version() })
	w.say(a, "c-2", "hello")

	// A plan that names a credential which is not mounted runs, and says so until it is.
	w.setPlan(func(p *plan.Plan) {
		p.Channels = append(p.Channels, plan.Channel{
			Name: "app", Workstream: "chat", Type: "Custom", Custom: &plan.Custom{Address: "app", Credentials: "app"},
		})
	})
	check(t, m.Publish(testNamespace, "default", w.published()))
	w.acknowledged(m, func(r planfeed.Replica) bool {
		return r.Version == w.version && r.Refused == "" && slices.Equal(r.MissingCredentials, []string{"app"})
	})
	check(t, os.WriteFile(filepath.Join(w.credentials(), "app.signingSecret"), []byte(w.secret), 0o600))
	w.acknowledged(m, func(r planfeed.Replica) bool { return r.Version == w.version && len(r.MissingCredentials) == 0 })
	check(t, os.Remove(filepath.Join(w.credentials(), "app.signingSecret")))
	w.acknowledged(m, func(r planfeed.Replica) bool { return slices.Equal(r.MissingCredentials, []string{"app"}) })
}

func TestManagerMayGoAndComeBack(t *testing.T) {
	w := newWorld(t)
	m := w.newManager()
	check(t, m.Publish(testNamespace, "default", w.published()))
	a := w.build(w.fed(m))
	check(t, a.Start(t.Context()))
	w.acknowledged(m, func(r planfeed.Replica) bool { return r.Version == w.version })
	m.SetServing(false)
	w.say(a, "c-1", "hello")
	check(t, a.Stop(context.Background()))
	a = w.build(w.fed(m))
	check(t, a.Start(t.Context())) // without the manager
	w.say(a, "c-2", "hello")
	m.SetServing(true) // a new leader, which has not compiled yet: the replica says what it runs
	w.acknowledged(m, func(r planfeed.Replica) bool { return r.Version == w.version })
}
