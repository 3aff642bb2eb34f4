// SPDX-License-Identifier: Apache-2.0

package planfeed_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed"
)

func TestPlansReachReplicasAndAreAcknowledged(t *testing.T) {
	m := startManager(t)
	v1, body := m.publish(t, "one")
	a, b := m.newReplica(t, "a").watch(t), m.newReplica(t, "b").watch(t)
	a.wantPlan(t, v1, body)
	b.wantPlan(t, v1, body)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1}, planfeed.Replica{Name: "b", Build: "v1", Version: v1})

	v2, body := m.publish(t, "two")
	a.wantPlan(t, v2, body)
	b.wantPlan(t, v2, body)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v2}, planfeed.Replica{Name: "b", Build: "v1", Version: v2})
	m.publish(t, "two") // again: nothing happens

	for len(m.changed) > 0 {
		<-m.changed
	}
	a.stop()
	m.wantReplicas(t, planfeed.Replica{Name: "b", Build: "v1", Version: v2})
	if got := <-m.changed; got != (planfeed.Identity{Namespace: "contoso", Distributor: "default"}) {
		t.Errorf("changed: %v", got)
	}
	if len(b.plans) > 0 {
		t.Error("a plan was handed over twice")
	}
}

func TestReplicaThatWaitsGetsTheFirstPlan(t *testing.T) {
	m := startManager(t)
	r := m.newReplica(t, "a").watch(t)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1"})
	version, body := m.publish(t, "one")
	r.wantPlan(t, version, body)
}

func TestPlanThatRunsIsNotSentAgain(t *testing.T) {
	m := startManager(t)
	v1, _ := m.publish(t, "one")
	r := m.newReplica(t, "a")
	r.Acknowledge(v1, planfeed.Ack{MissingCredentials: []string{"web", "api"}})
	r.watch(t)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1, MissingCredentials: []string{"api", "web"}})
	r.Acknowledge(v1, planfeed.Ack{})
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1})
	if len(r.plans) > 0 {
		t.Error("the plan was sent")
	}
}

func TestRefusedPlan(t *testing.T) {
	m := startManager(t)
	v1, one := m.publish(t, "one")
	r := m.newReplica(t, "a")
	long := strings.Repeat("é", 2000)
	bad := versionOf([]byte("two"))
	r.ack = func(version string) planfeed.Ack {
		if version == bad {
			return planfeed.Ack{Refused: long}
		}
		return planfeed.Ack{MissingCredentials: []string{"web"}}
	}
	r.watch(t)
	r.wantPlan(t, v1, one)
	_, two := m.publish(t, "two")
	r.wantPlan(t, bad, two)
	m.wantReplicas(t, planfeed.Replica{
		Name: "a", Build: "v1", Version: v1, MissingCredentials: []string{"web"},
		RefusedVersion: bad, Refused: long[:1024],
	})
	// A credential that comes says nothing about the plan that was refused.
	r.Acknowledge(v1, planfeed.Ack{})
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1, RefusedVersion: bad, Refused: long[:1024]})
	r.Acknowledge(v1, planfeed.Ack{MissingCredentials: []string{"web"}})
	// Back to the plan that it runs: there is nothing to take into use, and nothing refused any more.
	m.publish(t, "one")
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1, MissingCredentials: []string{"web"}})
	if len(r.plans) > 0 {
		t.Error("the running plan was handed over again")
	}
}

// mislabelled says that it has another version than it has.
type mislabelled struct{ planfeed.Plan }

func (mislabelled) Version() string { return "0123456789abcdef" }

func TestDamagedPlanIsRefused(t *testing.T) {
	m := startManager(t)
	r := m.newReplica(t, "a").watch(t)
	if err := m.Publish("contoso", "default", mislabelled{whole([]byte("other"))}); err != nil {
		t.Fatal(err)
	}
	m.wantReplicas(t, planfeed.Replica{
		Name: "a", Build: "v1", RefusedVersion: "0123456789abcdef",
		Refused: "the content has version " + versionOf([]byte("other")) + ", not the one that was sent with it",
	})
	if len(r.plans) > 0 {
		t.Error("it was handed over")
	}
}

func TestNamespacesAndDistributorsAreApart(t *testing.T) {
	m := startManager(t)
	r := m.newReplica(t, "a").watch(t)
	other := m.newReplica(t, "a")
	other.token(t, "fabrikam default")
	other.watch(t)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1"})
	body := []byte("fabrikam's")
	for _, id := range []planfeed.Identity{{Namespace: "fabrikam", Distributor: "default"}, {Namespace: "contoso", Distributor: "second"}} {
		if err := m.Publish(id.Namespace, id.Distributor, whole(body)); err != nil {
			t.Fatal(err)
		}
	}
	other.wantPlan(t, versionOf(body), body)
	version, mine := m.publish(t, "contoso's")
	r.wantPlan(t, version, mine)
	if len(other.plans)+len(r.plans) > 0 {
		t.Error("a plan went to another namespace or distributor")
	}
}

// TestRefusedCallers has callers that get no plan, hear why, and get in once that is put right.
func TestRefusedCallers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(t *testing.T, m *manager, o *planfeed.ClientOptions, r string)
		want   string
	}{
		"wrong token": {
			func(t *testing.T, _ *manager, o *planfeed.ClientOptions, dir string) {
				o.TokenFile = write(t, dir, "bad", "nonsense")
			},
			"expired: the token is not accepted",
		},
		"no token": {
			func(t *testing.T, _ *manager, o *planfeed.ClientOptions, dir string) {
				o.TokenFile = write(t, dir, "bad", "")
			},
			"a bearer token is missing",
		},
		"token file missing": {
			func(_ *testing.T, _ *manager, o *planfeed.ClientOptions, dir string) { o.TokenFile = dir + "/none" },
			"reading the token",
		},
		"token that cannot be checked": {
			func(t *testing.T, _ *manager, o *planfeed.ClientOptions, dir string) {
				o.TokenFile = write(t, dir, "bad", "unchecked")
			},
			"the token cannot be checked now",
		},
		"another distributor": {
			func(_ *testing.T, _ *manager, o *planfeed.ClientOptions, _ string) { o.Distributor = "second" },
			"the token is that of distributor default in namespace contoso, not of second",
		},
		"no replica name": {
			func(_ *testing.T, _ *manager, o *planfeed.ClientOptions, _ string) { o.Replica = "" },
			"the first message must be a hello",
		},
		"another authority": {
			func(t *testing.T, _ *manager, o *planfeed.ClientOptions, dir string) {
				o.CAFile = filepath.Join(dir, "other.crt")
				newAuthority(t).writeTo(t, o.CAFile)
			},
			"certificate signed by unknown authority",
		},
		"authority file is no certificate": {
			func(t *testing.T, _ *manager, o *planfeed.ClientOptions, dir string) {
				o.CAFile = write(t, dir, "ca", "x")
			},
			"no certificate in",
		},
		"another server name": {
			func(_ *testing.T, _ *manager, o *planfeed.ClientOptions, _ string) { o.ServerName = "elsewhere.svc" },
			"not elsewhere.svc",
		},
		"not the leader": {
			func(_ *testing.T, m *manager, _ *planfeed.ClientOptions, _ string) { m.SetServing(false) },
			"not the leader",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startManager(t)
			m.publish(t, "one")
			dir := t.TempDir()
			r := m.newReplica(t, "a", func(o *planfeed.ClientOptions) { tc.change(t, m, o, dir) }).watch(t)
			eventually(t, func() bool { return r.logs.contains(tc.want) }, func() string { return "log: " + r.logs.buf.String() })
			if got := m.Replicas("contoso", "default"); len(got) > 0 || len(r.plans) > 0 {
				t.Errorf("replicas %v, %d plans", got, len(r.plans))
			}
		})
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	r := &replica{dir: dir}
	r.token(t, content)
	if err := os.Rename(filepath.Join(dir, "token"), file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTokenAndAuthorityAreReadAnew(t *testing.T) {
	m := startManager(t)
	version, body := m.publish(t, "one")
	r := m.newReplica(t, "a")
	r.token(t, "nonsense")
	r.watch(t)
	eventually(t, func() bool { return r.logs.contains("not accepted") }, func() string { return "not refused" })
	r.token(t, "contoso default")
	r.wantPlan(t, version, body)

	// The manager comes back with another authority.
	m.stop()
	m.ca = newAuthority(t)
	m.tls = m.ca.tls(t, serverName)
	m.start()
	m.SetServing(true)
	eventually(t, func() bool { return r.logs.contains("unknown authority") }, func() string { return "not refused" })
	m.ca.writeTo(t, m.caFile)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: version})
}

func TestLeadershipMoves(t *testing.T) {
	m := startManager(t)
	v1, body := m.publish(t, "one")
	r := m.newReplica(t, "a").watch(t)
	r.wantPlan(t, v1, body)
	m.SetServing(false)
	m.wantReplicas(t)
	if err := m.Publish("contoso", "default", whole(body)); err == nil {
		t.Error("a plan was published by one who does not lead")
	}
	m.SetServing(true)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1}) // it says what it runs before there is a plan
	v2, body := m.publish(t, "two")
	r.wantPlan(t, v2, body)
}

func TestReplicaComesBackAfterARestartOfTheManager(t *testing.T) {
	m := startManager(t)
	v1, body := m.publish(t, "one")
	r := m.newReplica(t, "a").watch(t)
	r.wantPlan(t, v1, body)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1})
	m.stop()
	r.Acknowledge(v1, planfeed.Ack{MissingCredentials: []string{"web"}}) // said while nobody listens
	m.start()
	m.SetServing(true)
	m.publish(t, "one")
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1, MissingCredentials: []string{"web"}})
	if len(r.plans) > 0 {
		t.Error("the plan that it runs was sent again")
	}
}

func TestReplicaThatConnectsTwiceCountsOnce(t *testing.T) {
	m := startManager(t)
	v1, body := m.publish(t, "one")
	old := m.newReplica(t, "a").watch(t)
	old.wantPlan(t, v1, body)
	young := m.newReplica(t, "a", func(o *planfeed.ClientOptions) { o.Build = "v2" }).watch(t)
	young.wantPlan(t, v1, body)
	eventually(t, func() bool { return old.logs.contains("connected again") }, func() string { return "the old one stayed" })
	old.stop()
	eventually(t, func() bool {
		got := m.Replicas("contoso", "default")
		return len(got) == 1 && got[0].Build == "v2"
	}, func() string { return "the young one is not there" })
}

func TestSlowReplicaGetsTheLatestOnly(t *testing.T) {
	m := startManager(t)
	slow, quick := m.newReplica(t, "slow"), m.newReplica(t, "quick").watch(t)
	first := bytes.Repeat([]byte("a"), 1<<20)
	entered, release := make(chan struct{}), make(chan struct{})
	slow.ack = func(version string) planfeed.Ack {
		if version == versionOf(first) {
			close(entered)
			<-release
		}
		return planfeed.Ack{}
	}
	slow.watch(t)
	m.publish(t, string(first))
	<-entered
	quick.wantPlan(t, versionOf(first), first)
	var versions []string
	for i := range 50 {
		v, body := m.publish(t, strings.Repeat(string(rune('b'+i)), 1<<20))
		versions = append(versions, v)
		quick.wantPlan(t, v, body) // is not held up by the other
	}
	close(release)
	last := versions[len(versions)-1]
	m.wantReplicas(t,
		planfeed.Replica{Name: "quick", Build: "v1", Version: last}, planfeed.Replica{Name: "slow", Build: "v1", Version: last})
	if n := len(slow.plans); n > 15 {
		t.Errorf("the slow one was handed %d of 51 plans", n)
	}
}

func TestLargePlan(t *testing.T) {
	m := startManager(t)
	r := m.newReplica(t, "a").watch(t)
	body := slices.Repeat([]byte("large "), 20<<20/6)
	start := time.Now()
	if err := m.Publish("contoso", "default", whole(body)); err != nil {
		t.Fatal(err)
	}
	r.wantPlan(t, versionOf(body), body)
	t.Logf("%d bytes in %v", len(body), time.Since(start))
	if err := m.Publish("contoso", "default", whole(make([]byte, planfeed.MaxPlan+1))); err == nil {
		t.Error("a plan that no replica could receive was published")
	}
	largest := make([]byte, planfeed.MaxPlan)
	if err := m.Publish("contoso", "default", whole(largest)); err != nil {
		t.Fatal(err)
	}
	r.wantPlan(t, versionOf(largest), largest)
}

// TestOnlyPartsThatAReplicaLacksAreSent: now, after a refusal, and when it comes back to a manager that knows nothing.
func TestOnlyPartsThatAReplicaLacksAreSent(t *testing.T) {
	m := startManager(t)
	of := func(bodies ...string) (p parts) {
		for _, body := range bodies {
			p = append(p, []byte(body))
		}
		return p
	}
	publish := func(p parts) {
		t.Helper()
		if err := m.Publish("contoso", "default", p); err != nil {
			t.Fatal(err)
		}
	}
	var running atomic.Pointer[parts] // what the replica says that it has
	r := m.newReplica(t, "a", func(o *planfeed.ClientOptions) {
		o.Parts = func() []plan.PartID {
			if p := running.Load(); p != nil {
				return p.Parts()
			}
			return nil
		}
	})
	large := strings.Repeat("l", 3<<20) // takes messages of its own
	first, second, third := of("head", large, "one"), of("head", large, "two"), of("head", large, "three")
	refuse := second.Version()
	r.ack = func(version string) planfeed.Ack {
		if version == refuse {
			return planfeed.Ack{Refused: "no"}
		}
		for _, p := range []parts{first, third} {
			if p.Version() == version {
				running.Store(&p)
			}
		}
		return planfeed.Ack{}
	}
	r.watch(t)
	publish(first)
	r.wantSize(t, first.Version(), first.Size())
	publish(second)
	r.wantSize(t, second.Version(), len("two"))
	publish(third)
	r.wantSize(t, third.Version(), len("three"))
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: third.Version()})
	m.stop()
	m.start()
	m.SetServing(true)
	refuse = ""
	publish(second)
	r.wantSize(t, second.Version(), len("two"))

	// The manager takes it to run another plan than it does: it connects again, and says what it has.
	other := of("something else")
	running.Store(&other)
	publish(first)
	r.wantSize(t, first.Version(), first.Size())
	if !r.logs.contains("without parts") {
		t.Error("it did not connect again")
	}
}

func TestWithdrawnPlanIsForgotten(t *testing.T) {
	m := startManager(t)
	v1, body := m.publish(t, "one")
	r := m.newReplica(t, "a").watch(t)
	r.wantPlan(t, v1, body)
	m.Withdraw("contoso", "default")
	late := m.newReplica(t, "late").watch(t)
	m.wantReplicas(t, planfeed.Replica{Name: "a", Build: "v1", Version: v1}, planfeed.Replica{Name: "late", Build: "v1"})
	v2, body := m.publish(t, "two")
	r.wantPlan(t, v2, body)
	late.wantPlan(t, v2, body)
}

// BenchmarkPublishToAcknowledged is the way of a change from the manager to a replica and back.
func BenchmarkPublishToAcknowledged(b *testing.B) {
	for name, size := range map[string]int{"10kB": 10 << 10, "1MB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			m := startManager(b)
			r := m.newReplica(b, "a").watch(b)
			m.wantReplicas(b, planfeed.Replica{Name: "a", Build: "v1"})
			body := make([]byte, size)
			took := make([]time.Duration, 0, 1<<20)
			i := 0
			for b.Loop() {
				i++
				body = append(slices.Clone(body[:size]), byte(i), byte(i>>8), byte(i>>16))
				version := versionOf(body)
				start := time.Now()
				if err := m.Publish("contoso", "default", whole(body)); err != nil {
					b.Fatal(err)
				}
				<-r.plans
				for {
					<-m.changed
					if got := m.Replicas("contoso", "default"); len(got) == 1 && got[0].Version == version {
						break
					}
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
		})
	}
}
