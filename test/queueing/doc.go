// SPDX-License-Identifier: Apache-2.0

// Package queueing knows what queueing theory says of contact centres: the oracle that the engine must agree with.
//
// All models have Poisson arrivals. Times and rates are in one unit, whichever. The notation is that of the books: lambda
// arrivals and mu services per unit and server, n servers, a = lambda/mu, theta the rate of losing patience.
//
//	MMn           Erlang C, with the distribution of the wait
//	MMnK          with room for so many who wait; Erlang B without any
//	Impatient     M/M/n+G: whoever waits leaves when the patience is over; Erlang A when that is exponential
//	Priorities    who is served first, without interrupting, with or without impatience
//	OneServer     M/G/1, one server and services of any distribution, with priorities
//	Skills        several kinds of customers and servers, first come first served, the longest idle server first
package queueing
