// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"bytes"
	"crypto/x509"
	"maps"
	"testing"
	"time"
)

var feed = subject{purpose: "planfeed", serverName: "workstream-manager-planfeed.system.svc"}

// verify is what a distributor with that bundle thinks of p's serving certificate.
func verify(t *testing.T, p *chain, bundle []byte, now time.Time) error {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		t.Fatal("no certificate in the bundle")
	}
	_, err := p.serving.Leaf.Verify(x509.VerifyOptions{
		Roots: roots, DNSName: feed.serverName, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err
}

func renewed(t *testing.T, p *chain, now time.Time) *chain {
	t.Helper()
	next, err := p.renew(now, feed)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// A distributor looks at its bundle when it connects, and the kubelet may need minutes to bring a new one. So at no time may a
// certificate be served that the bundle of a while ago does not know.
func TestRenewalNeverLocksOutADistributor(t *testing.T) {
	const step = settle - 10*time.Minute
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	end := now.AddDate(5, 0, 0)
	p := renewed(t, &chain{}, now)
	var authorities, servings int
	for now = now.Add(step); now.Before(end); now = now.Add(step) {
		next := renewed(t, p, now)
		if left := next.serving.Leaf.NotAfter.Sub(now); left < servingRenew {
			t.Fatalf("%s: only %s left", now, left)
		}
		if next == p {
			continue
		}
		if err := verify(t, next, p.bundle(), now); err != nil {
			t.Fatalf("%s: %v", now, err)
		}
		if again := renewed(t, next, now); again != next {
			t.Fatalf("%s: renewed twice", now)
		}
		if len(next.authorities) > 2 {
			t.Fatalf("%s: %d authorities", now, len(next.authorities))
		}
		if !bytes.Equal(next.bundle(), p.bundle()) {
			authorities++
		}
		if next.serving != p.serving {
			servings++
		}
		p = next
	}
	// Authorities are made every 18 months and end half a year later: three of each. Serving certificates are made every 60
	// days, and once more when a new authority begins to sign.
	if authorities != 6 || servings < 30 || servings > 34 {
		t.Errorf("the bundle changed %d times, the serving certificate %d times", authorities, servings)
	}
}

func TestRenewalAfterALongRest(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := renewed(t, &chain{}, now)
	now = now.Add(5 * authorityLife)
	p = renewed(t, p, now)
	if err := verify(t, p, p.bundle(), now); err != nil {
		t.Error(err)
	}
	if len(p.authorities) != 1 {
		t.Errorf("%d authorities, want the new one only", len(p.authorities))
	}
}

func TestRenewalForAnotherName(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := renewed(t, &chain{}, now)
	moved, err := p.renew(now, subject{purpose: "planfeed", serverName: "elsewhere.svc"})
	if err != nil {
		t.Fatal(err)
	}
	if err := moved.serving.Leaf.VerifyHostname("elsewhere.svc"); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(moved.bundle(), p.bundle()) {
		t.Error("the authority changed too")
	}
}

func TestChainSurvivesItsSecret(t *testing.T) {
	now := time.Now()
	p := renewed(t, &chain{}, now)
	p = renewed(t, p, now.Add(authorityLife-authorityRenew+time.Minute)) // two authorities
	data, err := p.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.authorities) != 2 || !bytes.Equal(got.bundle(), p.bundle()) {
		t.Errorf("%d authorities came back", len(got.authorities))
	}
	again, err := got.encode()
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(again, data, bytes.Equal) {
		t.Error("encoding what was decoded gives something else")
	}
}

func TestDamagedChainIsRefused(t *testing.T) {
	good, err := renewed(t, &chain{}, time.Now()).encode()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := renewed(t, &chain{}, time.Now()).encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]map[string][]byte{
		"nothing":                         {bundleKey: nil, authorityKeysKey: nil, servingCertKey: nil, servingPrivateKey: nil},
		"no authority":                    {bundleKey: nil, authorityKeysKey: nil},
		"an authority without its key":    {authorityKeysKey: nil},
		"a key without its authority":     {bundleKey: nil},
		"an authority with a foreign key": {authorityKeysKey: foreign[authorityKeysKey]},
		"a serving key of another":        {servingPrivateKey: foreign[servingPrivateKey]},
		"text in a key":                   {authorityKeysKey: []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")},
	} {
		t.Run(name, func(t *testing.T) {
			data := maps.Clone(good)
			maps.Copy(data, damage)
			if _, err := decode(data); err == nil {
				t.Error("it was taken")
			}
		})
	}
}
