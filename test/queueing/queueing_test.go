// SPDX-License-Identifier: Apache-2.0

package queueing_test

import (
	"fmt"
	"math"
	"testing"

	"workstream.dev/operator/test/queueing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within || math.IsNaN(got) {
		t.Errorf("%s is %.7f, want %.7f", what, got, want)
	}
}

// TestTables compares the formulas with figures that were computed elsewhere.
func TestTables(t *testing.T) {
	for _, r := range []struct {
		n             int
		a, wait, mean float64
	}{
		{1, .8, .8, 4},
		{2, 1.8, .852632, 4.263158},
		{5, 4, .554113, .554113},
		{10, 6, .101299, .025325},
		{20, 18, .550769, .275385},
		{100, 95, .506457, .101291},
	} {
		f := queueing.MMn(r.n, r.a, 1)
		near(t, fmt.Sprintf("M/M/%d: P(wait)", r.n), f.Wait, r.wait, 1e-6)
		near(t, fmt.Sprintf("M/M/%d: E[Wq]", r.n), f.MeanWait, r.mean, 1e-6)
		near(t, fmt.Sprintf("M/M/%d: P(Wq > median)", r.n), f.Above(f.Quantile(.75)), min(.25, f.Wait), 1e-9)
	}
	for _, r := range []struct{ lambda, theta, wait, abandonment, mean float64 }{
		{9, .5, .46894, .06701, .13402},
		{10, 1, .54207, .12511, .12511},
	} {
		f := queueing.Impatient(10, r.lambda, 1, queueing.Exponential(1/r.theta))
		name := fmt.Sprintf("Erlang A, 10 servers, lambda %g, theta %g: ", r.lambda, r.theta)
		near(t, name+"P(W>0)", f.Wait, r.wait, 6e-6)
		near(t, name+"P(abandon)", f.Abandonment, r.abandonment, 6e-6)
		near(t, name+"E[Wq]", f.MeanWait, r.mean, 6e-6)
	}
	for _, r := range []struct {
		n                 int
		l1, l2, high, low float64
	}{
		{1, .3, .5, 1.142857, 5.714286},
		{5, 2, 2, .184704, .923521},
	} {
		f := queueing.Priorities(r.n, []float64{r.l1, r.l2}, 1, 0)
		near(t, "Wq high", f[0].MeanWait, r.high, 1e-6)
		near(t, "Wq low", f[1].MeanWait, r.low, 1e-6)
	}
	f, err := queueing.Skills([]float64{.8, .6}, []queueing.Pool{
		{Servers: 1, Mu: 1, Serves: []bool{true, false}}, {Servers: 1, Mu: 1, Serves: []bool{true, true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "N: E[Wq] a", f.Classes[0].MeanWait, .8778, 6e-5)
	near(t, "N: E[Wq] b", f.Classes[1].MeanWait, 2.5237, 6e-5)
	near(t, "N: P(wait) a", f.Classes[0].Wait, .5267, 6e-5)
	near(t, "N: P(wait) b", f.Classes[1].Wait, .8088, 6e-5)
	near(t, "N: utilisation 1", f.Utilisation[0], .5912, 6e-5)
	near(t, "N: utilisation 2", f.Utilisation[1], .8088, 6e-5)
}

// TestModelsAgree compares models where one is a case of the other.
func TestModelsAgree(t *testing.T) {
	want := queueing.MMn(7, 5, 1)
	pools := []queueing.Pool{
		{Servers: 3, Mu: 1, Serves: []bool{true, true}},
		{Servers: 4, Mu: 1, Serves: []bool{true, true}},
		{Servers: 2, Mu: 1, Serves: []bool{false, false}},
	}
	skills, err := queueing.Skills([]float64{2, 3}, pools)
	if err != nil {
		t.Fatal(err)
	}
	patient := queueing.Impatient(7, 5, 1, queueing.Exponential(1e7))
	for name, got := range map[string]queueing.Figures{
		"skills that all have": skills.Classes[0],
		"much patience":        patient,
		"much room":            queueing.MMnK(7, 400, 5, 1),
	} {
		near(t, name+": P(wait)", got.Wait, want.Wait, 1e-5)
		near(t, name+": E[Wq]", got.MeanWait, want.MeanWait, 1e-5)
		near(t, name+": utilisation", got.Utilisation, want.Utilisation, 1e-5)
	}
	near(t, "much patience: P(Wq > .3)", patient.Above(.3), want.Above(.3), 1e-5)
	near(t, "nobody asks", skills.Utilisation[2], 0, 0)

	near(t, "Erlang B as M/M/n/n", queueing.MMnK(10, 0, 9, 1).Turned, queueing.ErlangB(10, 9), 1e-12)
	little := queueing.Impatient(10, 9, 1, queueing.Deterministic(1e-6))
	near(t, "little patience", little.Abandonment, queueing.ErlangB(10, 9), 1e-4)

	one := queueing.OneServer([][]queueing.Service{{{Rate: .3, Mean: 1, Square: 2}}, {{Rate: .5, Mean: 1, Square: 2}}})
	two := queueing.Priorities(1, []float64{.3, .5}, 1, 0)
	near(t, "M/G/1 high", one[0][0].MeanWait, two[0].MeanWait, 1e-9)
	near(t, "M/G/1 low", one[1][0].MeanWait, two[1].MeanWait, 1e-9)

	all := queueing.Impatient(5, 6, 1, queueing.Exponential(2))
	both := queueing.Priorities(5, []float64{2, 4}, 1, .5)
	near(t, "impatient with priorities", both[0].MeanQueue+both[1].MeanQueue, all.MeanQueue, 1e-6)
}

// TestConservation: what comes is served or leaves, at any patience and load, whatever the numbers' size.
func TestConservation(t *testing.T) {
	for _, p := range []queueing.Patience{queueing.Exponential(.1), queueing.Exponential(30), queueing.Deterministic(.7), queueing.Deterministic(20)} {
		for _, load := range []float64{.3, .9, 1, 1.5, 4} {
			for _, n := range []int{1, 10, 60} {
				name := fmt.Sprintf("%T %v, n %d, load %g", p, p, n, load)
				f := queueing.Impatient(n, load*float64(n), 1, p)
				if e, ok := p.(queueing.Exponential); ok {
					near(t, name+": abandonment = theta E[W]", f.Abandonment, f.MeanWait/float64(e), 1e-5)
				}
				near(t, name+": P(W>0)", f.Above(0), f.Wait, 1e-9)
				if f.Abandonment < -1e-9 || f.Utilisation > 1+1e-9 || f.Wait > 1+1e-9 {
					t.Errorf("%s: %+v", name, f)
				}
				if d, ok := p.(queueing.Deterministic); ok && f.MeanWaitServed() > float64(d) {
					t.Errorf("%s: the served waited %g", name, f.MeanWaitServed())
				}
			}
		}
	}
}

func TestSkillsThatCannotBeServed(t *testing.T) {
	pools := []queueing.Pool{{Servers: 1, Mu: 1, Serves: []bool{true, false}}, {Servers: 5, Mu: 1, Serves: []bool{false, true}}}
	if _, err := queueing.Skills([]float64{1.1, 1}, pools); err == nil {
		t.Error("a class with more work than servers was said to have a steady state")
	}
}
