// SPDX-License-Identifier: Apache-2.0

package queueing

import "math"

// Patience is the distribution of how long customers wait before they leave.
type Patience interface {
	// Beyond is the probability of a patience longer than x, x included in what it jumps at.
	Beyond(x float64) float64
	// Mean patience; infinite when nobody ever leaves.
	Mean() float64
	// Jump is where Beyond jumps to 0; infinite when it does not.
	Jump() float64
}

// Exponential is a patience of that mean without memory: with it Impatient is Erlang A.
type Exponential float64

// Beyond is part of Patience.
func (p Exponential) Beyond(x float64) float64 { return math.Exp(-x / float64(p)) }

// Mean is part of Patience.
func (p Exponential) Mean() float64 { return float64(p) }

// Jump is part of Patience.
func (p Exponential) Jump() float64 { return math.Inf(1) }

// Deterministic is a patience that is the same for all.
type Deterministic float64

// Beyond is part of Patience.
func (p Deterministic) Beyond(x float64) float64 {
	if x <= float64(p) {
		return 1
	}
	return 0
}

// Mean is part of Patience.
func (p Deterministic) Mean() float64 { return float64(p) }

// Jump is part of Patience.
func (p Deterministic) Jump() float64 { return float64(p) }

// Impatient is M/M/n+G: who waits leaves when their patience is over. After Zeltyn and Mandelbaum ("Call centers with
// impatient customers: many-server asymptotics of the M/M/n+G queue", 2005): with H(x) the mean of min(x, patience), the
// wait that an endlessly patient customer would have has the density lambda exp(lambda H(x) - n mu x) / (epsilon + lambda J)
// for x > 0, where J is the integral of that exponential and epsilon is 1/B of n-1 servers.
func Impatient(n int, lambda, mu float64, patience Patience) Figures {
	a := lambda / mu
	if patience.Mean() <= 0 {
		b := ErlangB(n, a)
		return Figures{Abandonment: b, Utilisation: a * (1 - b) / float64(n), servedFactor: 1}
	}
	i := integrate(lambda, float64(n)*mu, patience)
	unit := math.Exp(-i.shift)
	whole := unit/ErlangB(n-1, a) + lambda*i.j
	f := Figures{
		Wait: lambda * i.j / whole, MeanWait: lambda * i.h / whole,
		Abandonment: (unit + (lambda-float64(n)*mu)*i.j) / whole,
	}
	f.MeanQueue = lambda * f.MeanWait
	f.Utilisation = a * (1 - f.Abandonment) / float64(n)
	if f.MeanWait > 0 {
		f.servedFactor = lambda * i.served / whole / (1 - f.Abandonment) / f.MeanWait
	}
	f.above = func(t float64) float64 { return lambda * patience.Beyond(t) * i.tail(t) / whole }
	return f
}

// integrals over x of exp(lambda H(x) - drain x - shift), times 1, H(x), and x if the patience is beyond x.
type integrals struct {
	j, h, served float64
	shift        float64
	// What is integrated for j at points, and j up to there, for its tails.
	step     float64
	vs, upTo []float64
}

// integrate goes on in steps of Simpson's rule until nothing more comes. H is integrated along.
func integrate(lambda, drain float64, patience Patience) *integrals {
	step := min(1/(drain+lambda), patience.Mean()) / 6
	jump := patience.Jump()
	if !math.IsInf(jump, 1) {
		step = jump / math.Ceil(jump/step)
	}
	out := &integrals{step: step, vs: []float64{1}, upTo: []float64{0}}
	var h, peak float64
	v0, g0 := 1.0, patience.Beyond(0)
	for i := 0; ; i++ {
		x := float64(i) * step
		mid, end := x+step/2, x+step
		gm, ge := patience.Beyond(mid), patience.Beyond(min(end, nextTo(end, jump)))
		hm, he := h+step/24*(5*g0+8*gm-ge), h+step/6*(g0+4*gm+ge)
		vm, ve := math.Exp(lambda*hm-drain*mid-out.shift), math.Exp(lambda*he-drain*end-out.shift)
		out.j += step / 6 * (v0 + 4*vm + ve)
		out.h += step / 6 * (v0*h + 4*vm*hm + ve*he)
		out.served += step / 6 * (v0*g0*x + 4*vm*gm*mid + ve*ge*end)
		out.vs, out.upTo = append(out.vs, ve), append(out.upTo, out.j)
		h, v0, g0 = he, ve, ge
		if nextTo(end, jump) != end || end == jump {
			g0 = 0
		}
		if peak = max(peak, v0); v0*(1+end) < 1e-13*peak && lambda*g0 < drain {
			return out
		}
		if v0 > 1e100 {
			by := 1 / v0
			out.j, out.h, out.served = out.j*by, out.h*by, out.served*by
			scale(out.upTo, by)
			scale(out.vs, by)
			out.shift += math.Log(v0)
			peak, v0 = 1, 1
		}
	}
}

// nextTo returns the jump when x is where it is but for rounding, else x.
func nextTo(x, jump float64) float64 {
	if math.Abs(x-jump) < 1e-9*x {
		return jump
	}
	return x
}

// tail is what of j lies beyond t.
func (i *integrals) tail(t float64) float64 {
	at := t / i.step
	k := int(at)
	if k+1 >= len(i.vs) {
		return 0
	}
	share := at - float64(k)
	return i.j - i.upTo[k] - share*i.step*(i.vs[k]+share/2*(i.vs[k+1]-i.vs[k]))
}
