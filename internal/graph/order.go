// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"slices"
)

// order sorts each column so that few wires cross: again and again by the mean place of the neighbours in the column
// before, then in that behind (the barycentre method of layered drawing), and keeps the best that was seen.
func (l *layout) order() {
	best, least := l.snapshot(), l.crossings()
	for i := range sweeps {
		if i%2 == 0 {
			for c := 1; c < len(l.columns); c++ {
				l.sortColumn(c, l.wires[c-1], true)
			}
		} else {
			for c := len(l.columns) - 2; c >= 0; c-- {
				l.sortColumn(c, l.wires[c], false)
			}
		}
		if n := l.crossings(); n < least {
			best, least = l.snapshot(), n
		}
	}
	l.columns = best
	l.swap(least)
}

// swap has neighbours change places while that makes fewer wires cross. It is for drawings that somebody may look at: in
// a huge one it would take long.
func (l *layout) swap(least int) {
	if len(l.boxes) > swapped {
		return
	}
	for better := true; better; {
		better = false
		for _, column := range l.columns {
			for i := 1; i < len(column); i++ {
				column[i-1], column[i] = column[i], column[i-1]
				if n := l.crossings(); n < least {
					least, better = n, true
				} else {
					column[i-1], column[i] = column[i], column[i-1]
				}
			}
		}
	}
}

func (l *layout) snapshot() (columns [4][]*box) {
	for c := range l.columns {
		columns[c] = slices.Clone(l.columns[c])
	}
	return columns
}

// rank is the place of each end of a wire in its column: boxes count one, the ports of a box lie between.
func rank(column []*box) map[*box]float64 {
	ranks := make(map[*box]float64, len(column))
	for i, b := range column {
		ranks[b] = float64(i)
	}
	return ranks
}

func within(b *box, y float64) float64 { return y / (b.room + 1) }

// sortColumn orders a column by the means of where its wires come from (or lead to). Boxes without any keep their place
// among the others.
func (l *layout) sortColumn(c int, wires []*wire, before bool) {
	other := c + 1
	if before {
		other = c - 1
	}
	ranks := rank(l.columns[other])
	sum, n := map[*box]float64{}, map[*box]float64{}
	for _, w := range wires {
		b, r := w.a, ranks[w.b]+within(w.b, w.to)
		if before {
			b, r = w.b, ranks[w.a]+within(w.a, w.from)
		}
		sum[b] += r
		n[b]++
	}
	place := make(map[*box]float64, len(l.columns[c]))
	last := -1.0
	for _, b := range l.columns[c] {
		if n[b] > 0 {
			last = sum[b] / n[b]
		}
		place[b] = last
	}
	slices.SortStableFunc(l.columns[c], func(a, b *box) int { return cmp.Compare(place[a], place[b]) })
}

// crossings counts the pairs of wires that cross.
func (l *layout) crossings() int {
	total := 0
	for c, wires := range l.wires {
		left, right := rank(l.columns[c]), rank(l.columns[c+1])
		type ends struct{ a, b float64 }
		list := make([]ends, 0, len(wires))
		for _, w := range wires {
			list = append(list, ends{left[w.a] + within(w.a, w.from), right[w.b] + within(w.b, w.to)})
		}
		slices.SortFunc(list, func(x, y ends) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
		targets := make([]float64, len(list))
		for i := range list {
			targets[i] = list[i].b
		}
		total += inversions(targets)
	}
	return total
}

// inversions counts the pairs that are the wrong way round, and sorts list.
func inversions(list []float64) int {
	if len(list) < 2 {
		return 0
	}
	half := len(list) / 2
	a, b := slices.Clone(list[:half]), slices.Clone(list[half:])
	n := inversions(a) + inversions(b)
	for i := range list {
		if len(b) == 0 || len(a) > 0 && a[0] <= b[0] {
			list[i], a = a[0], a[1:]
		} else {
			list[i], b = b[0], b[1:]
			n += len(a)
		}
	}
	return n
}

// settle chooses the heights: each box as near as can be to where its wires are flat, in the order of its column and
// without touching its neighbours.
func (l *layout) settle() {
	for c := range l.columns {
		y := 0.0
		for _, b := range l.columns[c] {
			b.y = y
			y += b.room + boxGap
		}
	}
	for i := range sweeps {
		if i%2 == 0 {
			for c := 1; c < len(l.columns); c++ {
				l.align(c, l.wires[c-1], true)
			}
		} else {
			for c := len(l.columns) - 2; c >= 0; c-- {
				l.align(c, l.wires[c], false)
			}
		}
	}
	l.align(1, l.wires[0], true)
	l.align(0, l.wires[0], false)
}

// align moves the boxes of a column to the nearest heights to those that they want, by least squares: neighbours that
// want to overlap move together (pool adjacent violators).
func (l *layout) align(c int, wires []*wire, before bool) {
	want, n := map[*box]float64{}, map[*box]float64{}
	for _, w := range wires {
		b, y := w.a, w.b.y+w.to-w.from
		if before {
			b, y = w.b, w.a.y+w.from-w.to
		}
		want[b] += y
		n[b]++
	}
	type pool struct {
		sum, weight float64
		size        int
	}
	var pools []pool
	offset := 0.0
	offsets := make([]float64, len(l.columns[c]))
	for i, b := range l.columns[c] {
		offsets[i] = offset
		p := pool{b.y - offset, 0.01, 1}
		if n[b] > 0 {
			p = pool{(want[b]/n[b] - offset) * n[b], n[b], 1}
		} else {
			p.sum *= p.weight
		}
		offset += b.room + boxGap
		pools = append(pools, p)
		for k := len(pools) - 1; k > 0 && pools[k-1].sum/pools[k-1].weight > pools[k].sum/pools[k].weight; k-- {
			pools[k-1].sum += pools[k].sum
			pools[k-1].weight += pools[k].weight
			pools[k-1].size += pools[k].size
			pools = pools[:k]
		}
	}
	i := 0
	for _, p := range pools {
		for range p.size {
			l.columns[c][i].y = p.sum/p.weight + offsets[i]
			i++
		}
	}
}
