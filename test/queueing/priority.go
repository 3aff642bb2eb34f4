// SPDX-License-Identifier: Apache-2.0

package queueing

import "math"

// Priorities are n servers, services without memory of one rate, and classes in the order in which they are served, none
// interrupted; rates are their arrivals. With a theta above 0 each loses patience at that rate.
//
// While all servers are busy, those of the first k classes come and go like the customers of one server n times as fast, for
// whom the others do not exist: who of them waits is a birth-death process whenever all are busy. And how often that is does
// not depend on the order of service.
func Priorities(n int, rates []float64, mu, theta float64) []Figures {
	var lambda float64
	for _, r := range rates {
		lambda += r
	}
	total := MMn(n, lambda, mu)
	if theta > 0 {
		total = Impatient(n, lambda, mu, Exponential(1/theta))
	}
	out := make([]Figures, len(rates))
	var sum, queueBefore float64
	for k, r := range rates {
		sum += r
		queue := total.Wait * waitingWhileBusy(sum, float64(n)*mu, theta)
		own := queue - queueBefore
		queueBefore = queue
		out[k] = Figures{
			Wait: total.Wait, MeanWait: own / r, Abandonment: theta * own / r, MeanQueue: own, Utilisation: total.Utilisation,
		}
		if theta == 0 {
			out[k].servedFactor = 1
		}
		if math.IsInf(queue, 1) { // it starves, and all behind it
			out[k].MeanWait, out[k].MeanQueue = math.Inf(1), math.Inf(1)
		}
	}
	return out
}

// waitingWhileBusy is the mean of a birth-death process: born at one rate, dying at another and each one at theta besides.
func waitingWhileBusy(births, deaths, theta float64) float64 {
	if theta == 0 {
		if births >= deaths {
			return math.Inf(1)
		}
		return births / (deaths - births)
	}
	weight, sum, mean := 1.0, 1.0, 0.0
	for q := 1; ; q++ {
		rate := births / (deaths + float64(q)*theta)
		weight *= rate
		sum += weight
		mean += weight * float64(q)
		if rate < 1 && weight*float64(q) < 1e-15*sum {
			return mean / sum
		}
		if sum > 1e200 {
			weight, sum, mean = weight/sum, 1, mean/sum
		}
	}
}

// Service is a class of customers of one server: how many come, and the first two moments of their service.
type Service struct{ Rate, Mean, Square float64 }

// OneServer is M/G/1 (Pollaczek and Khinchine; Cobham with priorities): levels are served in order, none interrupted, the
// classes of one level by arrival. It returns the figures of each class.
func OneServer(levels [][]Service) [][]Figures {
	var load, residual, before float64
	for _, level := range levels {
		for _, s := range level {
			load += s.Rate * s.Mean
			residual += s.Rate * s.Square / 2
		}
	}
	out := make([][]Figures, len(levels))
	for i, level := range levels {
		upTo := before
		for _, s := range level {
			upTo += s.Rate * s.Mean
		}
		for _, s := range level {
			f := Figures{Wait: min(1, load), MeanWait: math.Inf(1), Utilisation: min(1, load), servedFactor: 1}
			if upTo < 1 && load < 1 {
				f.MeanWait = residual / ((1 - before) * (1 - upTo))
			}
			f.MeanQueue = s.Rate * f.MeanWait
			out[i] = append(out[i], f)
		}
		before = upTo
	}
	return out
}
