// SPDX-License-Identifier: Apache-2.0

package planfeed_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed"
)

const serverName = "workstream-manager-planfeed.test.svc"

// authority issues certificates and writes its own where a client looks for it.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = sign(t, template, template, &a.key.PublicKey, a.key)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, pub *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (a *authority) tls(t testing.TB, name string) *tls.Config {
	t.Helper()
	key := newKey(t)
	cert := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, a.cert, &key.PublicKey, a.key)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
	}
}

func (a *authority) writeTo(t testing.TB, file string) {
	t.Helper()
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
}

// patience is for what happens soon; a test that waits for it has failed otherwise.
const patience = time.Minute

// manager is a server that can be restarted on the same address.
type manager struct {
	*planfeed.Server

	t       testing.TB
	ca      *authority
	tls     *tls.Config
	address string
	caFile  string
	ended   chan error
	changed chan planfeed.Identity
	stop    func()
}

func startManager(t testing.TB) *manager {
	t.Helper()
	m := &manager{t: t, ca: newAuthority(t), address: "127.0.0.1:0", caFile: filepath.Join(t.TempDir(), "ca.crt")}
	m.tls = m.ca.tls(t, serverName)
	m.ca.writeTo(t, m.caFile)
	m.start()
	m.SetServing(true)
	t.Cleanup(func() { m.stop() })
	return m
}

func (m *manager) start() {
	m.t.Helper()
	l, err := net.Listen("tcp", m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	m.address = l.Addr().String()
	m.changed = make(chan planfeed.Identity, 10_000)
	m.ended = make(chan error, 1)
	changed := m.changed
	s := planfeed.NewServer(planfeed.ServerOptions{
		TLS: m.tls, Authenticate: authenticate,
		Changed: func(namespace, distributor string) {
			changed <- planfeed.Identity{Namespace: namespace, Distributor: distributor}
		},
		Log: slog.New(slog.NewTextHandler(m.t.Output(), nil)),
	})
	m.Server = s
	ended := m.ended
	go func() { ended <- s.Serve(l) }()
	m.stop = func() {
		s.Stop()
		if err := <-ended; err != nil {
			m.t.Error(err)
		}
		m.stop = func() {}
	}
}

// authenticate takes tokens that say whose they are.
func authenticate(_ context.Context, token string) (planfeed.Identity, error) {
	var id planfeed.Identity
	if token == "unchecked" {
		return id, errors.New("the API server does not answer")
	}
	if _, err := fmt.Sscanf(token, "%s %s", &id.Namespace, &id.Distributor); err != nil {
		return id, fmt.Errorf("expired: %w", planfeed.ErrToken)
	}
	return id, nil
}

// replica is a client with the plans that it was handed.
type replica struct {
	*planfeed.Client

	dir   string
	plans chan string
	logs  *logLines
	mu    sync.Mutex
	ack   func(version string) planfeed.Ack
	done  chan error
	stop  context.CancelFunc
}

// logLines holds what a client logged, to wait for its complaints.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logLines) contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.buf.Bytes(), []byte(s))
}

func (m *manager) newReplica(t testing.TB, name string, change ...func(*planfeed.ClientOptions)) *replica {
	t.Helper()
	r := &replica{
		dir: t.TempDir(), plans: make(chan string, 1000), done: make(chan error, 1), logs: &logLines{},
		ack: func(string) planfeed.Ack { return planfeed.Ack{} },
	}
	opts := planfeed.ClientOptions{
		Address: m.address, ServerName: serverName, CAFile: m.caFile, TokenFile: filepath.Join(r.dir, "token"),
		Distributor: "default", Replica: name, Build: "v1", Log: slog.New(slog.NewTextHandler(r.logs, nil)),
	}
	r.token(t, "contoso default\n")
	for _, c := range change {
		c(&opts)
	}
	r.Client = planfeed.NewClient(opts)
	return r
}

func (r *replica) token(t testing.TB, token string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "token"), []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
}

// watch starts the replica; it is stopped with the test, or by stop.
func (r *replica) watch(t testing.TB) *replica {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	go func() { r.done <- r.Watch(ctx, r.take) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-r.done; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *replica) take(_ context.Context, u planfeed.Update) planfeed.Ack {
	size := 0
	for _, body := range u.Parts {
		size += len(body)
	}
	r.plans <- fmt.Sprintf("%s %d", u.Version, size)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ack(u.Version)
}

// parts is a plan that nobody looks into.
type parts [][]byte

func (p parts) Manifest() []byte {
	out := []byte{'M'}
	for _, id := range p.Parts() {
		out = append(out, id[:]...)
	}
	return out
}

func (p parts) Version() string { return plan.Version(p.Manifest()) }

func (p parts) Parts() (ids []plan.PartID) {
	for _, body := range p {
		ids = append(ids, plan.IDOfPart(body))
	}
	return ids
}

func (p parts) Part(id plan.PartID) ([]byte, error) {
	if at := slices.Index(p.Parts(), id); at >= 0 {
		return p[at], nil
	}
	return nil, fmt.Errorf("there is no part %s", id)
}

func (p parts) Size() (size int) {
	for _, body := range p {
		size += len(body)
	}
	return size
}

// whole is a plan of one part.
func whole(body []byte) planfeed.Plan { return parts{body} }

func versionOf(body []byte) string { return whole(body).Version() }

func (r *replica) wantPlan(t testing.TB, version string, body []byte) {
	t.Helper()
	r.wantSize(t, version, len(body))
}

// wantSize waits for a plan whose parts come to that many bytes.
func (r *replica) wantSize(t testing.TB, version string, size int) {
	t.Helper()
	want := fmt.Sprintf("%s %d", version, size)
	select {
	case got := <-r.plans:
		if got != want {
			t.Fatalf("handed %s, want %s", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("not handed %s", want)
	}
}

func (m *manager) publish(t testing.TB, content string) (version string, body []byte) {
	t.Helper()
	body = []byte(content)
	if err := m.Publish("contoso", "default", whole(body)); err != nil {
		t.Fatal(err)
	}
	return versionOf(body), body
}

// wantReplicas waits until the server has exactly these.
func (m *manager) wantReplicas(t testing.TB, want ...planfeed.Replica) {
	t.Helper()
	var diff string
	eventually(t, func() bool {
		diff = cmp.Diff(want, slices.Clip(m.Replicas("contoso", "default")), cmp.Transformer("empty", func(s []string) string {
			return fmt.Sprint(s)
		}))
		return diff == "" || len(want) == 0 && len(m.Replicas("contoso", "default")) == 0
	}, func() string { return "replicas (-want +got):\n" + diff })
}

func eventually(t testing.TB, is func() bool, otherwise func() string) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(otherwise())
		}
	}
}
