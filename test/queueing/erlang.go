// SPDX-License-Identifier: Apache-2.0

package queueing

import "math"

// Figures are what a model says of the customers of one kind in the long run. What a model does not say is NaN.
type Figures struct {
	Wait         float64 // the probability of waiting at all
	MeanWait     float64 // of all, those who do not wait and those who leave included
	Abandonment  float64 // the share of those who leave
	Turned       float64 // the share of those who find no room
	MeanQueue    float64 // how many wait on average
	Utilisation  float64 // the share of its time that a server is busy
	above        func(t float64) float64
	quantile     func(p float64) float64
	servedFactor float64 // mean wait of the served, as a share of the mean of all; 0 when unknown
}

// Above is the probability of waiting for longer than t, NaN where it is not known.
func (f *Figures) Above(t float64) float64 {
	if f.above == nil {
		return math.NaN()
	}
	return f.above(t)
}

// Quantile is the wait that a share p does not exceed, NaN where it is not known.
func (f *Figures) Quantile(p float64) float64 {
	if f.quantile == nil {
		return math.NaN()
	}
	return f.quantile(p)
}

// MeanWaitServed is the mean wait of those who are served, NaN where it is not known.
func (f *Figures) MeanWaitServed() float64 {
	if f.servedFactor == 0 {
		return math.NaN()
	}
	return f.MeanWait * f.servedFactor
}

// AllServed says that nobody leaves, so that the served have waited like all.
func (f *Figures) AllServed() { f.servedFactor = 1 }

// ErlangB is the probability that all n servers are busy when nobody can wait, at an offered load of a.
func ErlangB(n int, a float64) float64 {
	b := 1.0
	for k := 1; k <= n; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b
}

// ErlangC is the probability of waiting when everybody does; 1 when the load is too much.
func ErlangC(n int, a float64) float64 {
	if a >= float64(n) {
		return 1
	}
	b := ErlangB(n, a)
	return float64(n) * b / (float64(n) - a*(1-b))
}

// MMn is the model of n equal servers and one line. It has no steady state, and the figures are infinite, when the load is
// n or more.
func MMn(n int, lambda, mu float64) Figures {
	a := lambda / mu
	if a >= float64(n) {
		return Figures{Wait: 1, MeanWait: math.Inf(1), MeanQueue: math.Inf(1), Utilisation: 1}
	}
	c := ErlangC(n, a)
	rate := float64(n)*mu - lambda
	f := Figures{
		Wait: c, MeanWait: c / rate, MeanQueue: lambda * c / rate, Utilisation: a / float64(n), servedFactor: 1,
		above: func(t float64) float64 { return c * math.Exp(-rate*t) },
	}
	f.quantile = func(p float64) float64 { return max(0, math.Log(c/(1-p))/rate) }
	return f
}

// MMnK is the model of n servers and room for k who wait; who comes when it is full is turned away.
func MMnK(n, k int, lambda, mu float64) Figures {
	weights := make([]float64, n+k+1)
	weights[0] = 1
	largest := 1.0
	for i := 1; i <= n+k; i++ {
		weights[i] = weights[i-1] * lambda / (mu * float64(min(i, n)))
		if largest = max(largest, weights[i]); largest > 1e200 {
			scale(weights[:i+1], 1/largest)
			largest = 1
		}
	}
	var sum, waiting, busy, wait float64
	for i, w := range weights {
		sum += w
		waiting += w * float64(max(0, i-n))
		busy += w * float64(min(i, n))
		if i >= n && i < n+k {
			wait += w
		}
	}
	turned := weights[n+k] / sum
	entered := lambda * (1 - turned)
	return Figures{
		Wait: wait / sum / (1 - turned), MeanWait: waiting / sum / entered, Turned: turned,
		MeanQueue: waiting / sum, Utilisation: busy / sum / float64(n), servedFactor: 1,
	}
}

func scale(list []float64, by float64) {
	for i := range list {
		list[i] *= by
	}
}
