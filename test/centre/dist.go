// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Dist is how long something takes.
type Dist struct {
	Kind DistKind
	Mean float64 // in seconds; infinite is never
	// CV is the standard deviation as a share of the mean, of a lognormal; Phases those of an Erlang.
	CV     float64
	Phases int
}

// DistKind is a family of distributions.
type DistKind string

// The families.
const (
	ExponentialDist   DistKind = "exponential"
	DeterministicDist DistKind = "deterministic"
	LognormalDist     DistKind = "lognormal"
	ErlangDist        DistKind = "erlang"
)

const distGrammar = "want a mean such as 180, 3m or 0.5h (exponential), or deterministic:MEAN, lognormal:MEAN:CV, erlang:MEAN:PHASES"

// ParseDist reads a distribution: its mean alone is exponential, and inf is never.
func ParseDist(s string) (Dist, error) {
	parts := strings.Split(strings.TrimSuffix(strings.ReplaceAll(s, "(", ":"), ")"), ":")
	kind, known := map[string]DistKind{
		"exponential": ExponentialDist, "exp": ExponentialDist, "m": ExponentialDist,
		"deterministic": DeterministicDist, "constant": DeterministicDist, "const": DeterministicDist, "fixed": DeterministicDist,
		"lognormal": LognormalDist, "erlang": ErlangDist,
	}[strings.ToLower(strings.TrimSpace(parts[0]))]
	if !known {
		kind, parts = ExponentialDist, append([]string{""}, parts...)
	}
	d := Dist{Kind: kind}
	want := map[DistKind]int{LognormalDist: 3, ErlangDist: 3}[kind]
	if len(parts) != max(want, 2) {
		return Dist{}, fmt.Errorf("%q is no distribution: %s", s, distGrammar)
	}
	mean, err := ParseSeconds(parts[1])
	if err != nil {
		return Dist{}, fmt.Errorf("%q is no distribution: %s", s, distGrammar)
	}
	d.Mean = mean
	switch kind {
	case LognormalDist:
		d.CV, err = strconv.ParseFloat(parts[2], 64)
		if err != nil || !(d.CV > 0 && d.CV <= 100) {
			return Dist{}, fmt.Errorf("%q has no coefficient of variation above 0, such as lognormal:180:0.8", s)
		}
	case ErlangDist:
		d.Phases, err = strconv.Atoi(parts[2])
		if err != nil || d.Phases < 1 || d.Phases > 1000 {
			return Dist{}, fmt.Errorf("%q has no number of phases from 1 to 1000, such as erlang:180:4", s)
		}
	case ExponentialDist, DeterministicDist:
	}
	return d, nil
}

// ParseSeconds reads seconds as a number, or a duration such as 3m; inf is never.
func ParseSeconds(s string) (float64, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch s {
	case "inf", "infinity", "never", "none", "infinite":
		return math.Inf(1), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		var d time.Duration
		if d, err = time.ParseDuration(s); err == nil {
			f = d.Seconds()
		}
	}
	if err != nil || math.IsNaN(f) || f < 0 {
		return 0, fmt.Errorf("%q is no time: want seconds such as 90 or 0.5, or a duration such as 3m", s)
	}
	return f, nil
}

// ParseRate reads how often something happens: a number is per second, and 120/h and 2/m are understood.
func ParseRate(s string) (float64, error) {
	number, per, divided := strings.Cut(strings.TrimSpace(s), "/")
	span := map[string]float64{"": 1, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}[per]
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || (divided && per == "") || span == 0 || f <= 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, fmt.Errorf("%q is no rate: want a number above 0 such as 0.8 (a second), 2/m or 120/h", s)
	}
	return f / span, nil
}

// String is what ParseDist reads.
func (d Dist) String() string {
	mean := strconv.FormatFloat(d.Mean, 'g', -1, 64)
	switch d.Kind {
	case LognormalDist:
		return "lognormal:" + mean + ":" + strconv.FormatFloat(d.CV, 'g', -1, 64)
	case ErlangDist:
		return "erlang:" + mean + ":" + strconv.Itoa(d.Phases)
	case DeterministicDist:
		return "deterministic:" + mean
	default:
		if math.IsInf(d.Mean, 1) {
			return "inf"
		}
		return "exponential:" + mean
	}
}

// Never reports whether it takes for ever.
func (d Dist) Never() bool { return math.IsInf(d.Mean, 1) }

// draw is one of the distribution.
func (d Dist) draw(r *rand.Rand) float64 {
	switch d.Kind {
	case DeterministicDist:
		return d.Mean
	case LognormalDist:
		s2 := math.Log1p(d.CV * d.CV)
		return d.Mean * math.Exp(math.Sqrt(s2)*r.NormFloat64()-s2/2)
	case ErlangDist:
		var sum float64
		for range d.Phases {
			sum += r.ExpFloat64()
		}
		return d.Mean * sum / float64(d.Phases)
	default:
		return d.Mean * r.ExpFloat64()
	}
}

// square is the second moment.
func (d Dist) square() float64 {
	m2 := d.Mean * d.Mean
	switch d.Kind {
	case DeterministicDist:
		return m2
	case LognormalDist:
		return m2 * (1 + d.CV*d.CV)
	case ErlangDist:
		return m2 * (1 + 1/float64(d.Phases))
	default:
		return 2 * m2
	}
}

// variance is that of a time that is finite.
func (d Dist) variance() float64 { return d.square() - d.Mean*d.Mean }

// exponential reports whether d has no memory.
func (d Dist) exponential() bool {
	return d.Kind == ExponentialDist || (d.Kind == ErlangDist && d.Phases == 1)
}

// Beyond, Mean and Jump make a Dist a patience of queueing theory.
type patience struct{ Dist }

func (p patience) Beyond(x float64) float64 {
	switch p.Kind {
	case DeterministicDist:
		if x <= p.Dist.Mean {
			return 1
		}
		return 0
	case LognormalDist:
		if x <= 0 {
			return 1
		}
		s2 := math.Log1p(p.CV * p.CV)
		return .5 * math.Erfc((math.Log(x/p.Dist.Mean)+s2/2)/math.Sqrt(2*s2))
	case ErlangDist:
		rate := x * float64(p.Phases) / p.Dist.Mean
		term, sum := math.Exp(-rate), 0.0
		for k := range p.Phases {
			sum += term
			term *= rate / float64(k+1)
		}
		return sum
	default:
		return math.Exp(-x / p.Dist.Mean)
	}
}

func (p patience) Mean() float64 { return p.Dist.Mean }

func (p patience) Jump() float64 {
	if p.Kind == DeterministicDist {
		return p.Dist.Mean
	}
	return math.Inf(1)
}
