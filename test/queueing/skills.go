// SPDX-License-Identifier: Apache-2.0

package queueing

import (
	"errors"
	"math"
	"slices"
)

// Pool is a number of equal servers: which classes of customers they serve, and how fast.
type Pool struct {
	Servers int
	Mu      float64
	Serves  []bool // by class
}

// SkillFigures are what Skills says: of each class, and of each pool how busy its servers are.
type SkillFigures struct {
	Classes     []Figures
	Utilisation []float64
}

// maxStates bounds what Skills looks at.
const maxStates = 4_000_000

// Skills is the model of several classes of customers and pools of servers, where a server that becomes free takes the
// customer who came first of those it serves, and a customer is taken by the server that is idle for longest of those that
// serve them. After Adan and Weiss ("A skill based parallel service system under FCFS-ALIS", 2014): with the servers in the
// order of the customers they have, i of them busy, between each two some customers whom all before cannot serve, the rest
// idle in the order of their idleness, the probability of a state is
//
//	prod over busy j of lambda(only 1..j)^nj / mu(1..j)^(nj+1)  *  prod over idle j of 1 / lambda(any of j..J)
//
// The factors depend on which servers there are up to j only, so that sums over all orders are sums over how many of each
// pool are busy. It is an error when some classes bring more than all the servers that serve them can do.
func Skills(rates []float64, pools []Pool) (SkillFigures, error) {
	s := &skillModel{rates: rates}
	var asked []int // pools that serve anybody
	for p := range pools {
		if pools[p].Servers > 0 && slices.Contains(pools[p].Serves, true) {
			asked, s.pools = append(asked, p), append(s.pools, pools[p])
		}
	}
	if err := s.lay(); err != nil {
		return SkillFigures{}, err
	}
	if err := s.stable(); err != nil {
		return SkillFigures{}, err
	}
	s.solve()
	out := s.figures()
	used := out.Utilisation
	out.Utilisation = make([]float64, len(pools))
	for i, p := range asked {
		out.Utilisation[p] = used[i]
	}
	return out, nil
}

type skillModel struct {
	rates  []float64
	pools  []Pool
	stride []int
	states int
	// busy and idle are the logarithms of the sums over the orders of those who are busy, or idle, in so many numbers; waiting
	// is the mean number of each class that waits, given that so many are busy.
	busy, idle []float64
	waiting    [][]float64
}

// lay numbers the states: how many of each pool are busy.
func (s *skillModel) lay() error {
	s.states = 1
	for _, p := range s.pools {
		s.stride = append(s.stride, s.states)
		if s.states *= p.Servers + 1; s.states > maxStates {
			return errors.New("there are too many kinds of servers for the exact solution")
		}
	}
	return nil
}

// numbers are those of state i.
func (s *skillModel) numbers(i int, into []int) {
	for p := range s.pools {
		into[p] = i / s.stride[p] % (s.pools[p].Servers + 1)
	}
}

// stable makes sure that whichever classes are looked at, their servers can do more than they bring.
func (s *skillModel) stable() error {
	if len(s.rates) > 20 {
		return errors.New("there are too many classes for the exact solution")
	}
	for set := 1; set < 1<<len(s.rates); set++ {
		var demand, supply float64
		for c, r := range s.rates {
			if set>>c&1 == 1 {
				demand += r
			}
		}
		for _, p := range s.pools {
			for c := range s.rates {
				if set>>c&1 == 1 && p.Serves[c] {
					supply += float64(p.Servers) * p.Mu
					break
				}
			}
		}
		if demand >= supply {
			return errors.New("some classes bring more than all their servers can do")
		}
	}
	return nil
}

// blocked reports whether all servers of a class are among n.
func (s *skillModel) blocked(n []int, c int) bool {
	for p, pool := range s.pools {
		if pool.Serves[c] && n[p] < pool.Servers {
			return false
		}
	}
	return true
}

// served reports whether one of n is a server of a class.
func (s *skillModel) served(n []int, c int) bool {
	for p, pool := range s.pools {
		if pool.Serves[c] && n[p] > 0 {
			return true
		}
	}
	return false
}

func (s *skillModel) solve() {
	s.busy, s.idle = make([]float64, s.states), make([]float64, s.states)
	s.waiting = make([][]float64, s.states)
	n := make([]int, len(s.pools))
	for i := range s.states {
		s.numbers(i, n)
		s.waiting[i] = make([]float64, len(s.rates))
		if i == 0 {
			continue
		}
		s.sumBusy(i, n)
		s.sumIdle(i, n)
	}
}

// sumBusy adds up the orders of i by who is the last of them.
func (s *skillModel) sumBusy(i int, n []int) {
	var mu, lambda float64
	for p := range s.pools {
		mu += float64(n[p]) * s.pools[p].Mu
	}
	own := make([]float64, len(s.rates))
	for c, r := range s.rates {
		if s.blocked(n, c) {
			own[c], lambda = r, lambda+r
		}
	}
	logs, weights := s.before(i, n, s.busy)
	s.busy[i] = logs - math.Log(mu-lambda)
	for c := range s.rates {
		mean := own[c] / (mu - lambda)
		for p, w := range weights {
			if w > 0 {
				mean += w * s.waiting[i-s.stride[p]][c]
			}
		}
		s.waiting[i][c] = mean
	}
}

func (s *skillModel) sumIdle(i int, n []int) {
	var lambda float64
	for c, r := range s.rates {
		if s.served(n, c) {
			lambda += r
		}
	}
	logs, _ := s.before(i, n, s.idle)
	s.idle[i] = logs - math.Log(lambda)
}

// before returns the logarithm of the sum over all who may be last in an order of i, and each pool's share of it.
func (s *skillModel) before(i int, n []int, sums []float64) (float64, []float64) {
	weights := make([]float64, len(s.pools))
	largest := math.Inf(-1)
	for p := range s.pools {
		if n[p] > 0 {
			largest = max(largest, sums[i-s.stride[p]]+math.Log(float64(n[p])))
		}
	}
	var sum float64
	for p := range s.pools {
		if n[p] > 0 {
			weights[p] = float64(n[p]) * math.Exp(sums[i-s.stride[p]]-largest)
			sum += weights[p]
		}
	}
	for p := range weights {
		weights[p] /= sum
	}
	return largest + math.Log(sum), weights
}

// figures joins the busy and the idle halves of each state. Each choice of who is busy counts once for each choice of
// servers of a pool.
func (s *skillModel) figures() SkillFigures {
	logs := make([]float64, s.states)
	n := make([]int, len(s.pools))
	largest := math.Inf(-1)
	for i := range logs {
		s.numbers(i, n)
		l := s.busy[i] + s.idle[s.states-1-i]
		for p := range s.pools {
			l += logChoose(s.pools[p].Servers, n[p])
		}
		logs[i] = l
		largest = max(largest, l)
	}
	out := SkillFigures{Classes: make([]Figures, len(s.rates)), Utilisation: make([]float64, len(s.pools))}
	var sum float64
	for i, l := range logs {
		w := math.Exp(l - largest)
		sum += w
		s.numbers(i, n)
		for p := range s.pools {
			out.Utilisation[p] += w * float64(n[p])
		}
		for c := range s.rates {
			if s.blocked(n, c) {
				out.Classes[c].Wait += w
			}
			out.Classes[c].MeanQueue += w * s.waiting[i][c]
		}
	}
	var busy, servers float64
	for p := range s.pools {
		out.Utilisation[p] /= sum
		busy += out.Utilisation[p]
		servers += float64(s.pools[p].Servers)
		out.Utilisation[p] /= float64(s.pools[p].Servers)
	}
	for c := range s.rates {
		f := &out.Classes[c]
		f.Wait /= sum
		f.MeanQueue /= sum
		f.MeanWait = f.MeanQueue / s.rates[c]
		f.Utilisation, f.servedFactor = busy/servers, 1
	}
	return out
}

func logChoose(n, k int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	return lg(n) - lg(k) - lg(n-k)
}
