// SPDX-License-Identifier: Apache-2.0

package linear

import (
	"math"
	"testing"

	"github.com/anishathalye/porcupine"
)

// said is one request of a history that is written by hand. At the same moment are those of the same number.
type said struct {
	at  int64
	in  input
	out output
}

func ok() output                { return output{} }
func again() output             { return output{duplicate: true} }
func no(reason string) output   { return output{reason: reason} }
func nobodyKnows() output       { return output{unknown: true} }
func is(what shown) output      { return output{shown: what} }
func by(k kind, a string) input { return input{kind: k, item: "i", agent: a} }

func offered(k kind, agent string, offer int) input {
	return input{kind: k, item: "i", agent: agent, offer: offer, owner: "ann"}
}

// TestModelKnowsRightFromWrong holds the model against histories of which everybody can see whether they may be. A model
// that allows anything would find no fault in any distributor.
func TestModelKnowsRightFromWrong(t *testing.T) {
	bobs := input{kind: accept, item: "i", agent: "bob", offer: 2, owner: "bob"}
	record := func(k kind, agent string) input { return input{kind: k, item: "i", agent: agent, record: "r"} }
	for name, tc := range map[string]struct {
		history []said
		want    bool
	}{
		"a day":                          {[]said{{1, offered(accept, "ann", 1), ok()}, {2, by(end, "ann"), ok()}, {3, by(closeItem, "ann"), ok()}}, true},
		"accepted twice, by one":         {[]said{{1, offered(accept, "ann", 1), ok()}, {2, offered(accept, "ann", 1), again()}}, true},
		"accepted twice, both the first": {[]said{{1, offered(accept, "ann", 1), ok()}, {2, offered(accept, "ann", 1), ok()}}, false},
		"two agents have it":             {[]said{{1, offered(accept, "ann", 1), ok()}, {2, bobs, ok()}}, false},
		"two agents at once":             {[]said{{1, offered(accept, "ann", 1), ok()}, {1, bobs, ok()}}, false},
		"one after the other":            {[]said{{1, offered(accept, "ann", 1), no("OfferExpired")}, {2, bobs, ok()}}, true},
		"accepted after it expired":      {[]said{{1, offered(accept, "ann", 1), no("OfferExpired")}, {2, offered(accept, "ann", 1), ok()}}, false},
		"an older offer":                 {[]said{{1, by(read, ""), is(shown{open, "", 2})}, {2, offered(accept, "ann", 1), ok()}}, false},
		"declined, then accepted":        {[]said{{1, offered(decline, "ann", 1), ok()}, {2, offered(accept, "ann", 1), ok()}}, false},
		"declined, in either order":      {[]said{{1, offered(decline, "ann", 1), ok()}, {1, offered(accept, "ann", 1), no("OfferDeclined")}}, true},
		"never declined":                 {[]said{{1, offered(accept, "ann", 1), no("OfferDeclined")}}, false},
		"somebody else's":                {[]said{{1, offered(accept, "bob", 1), ok()}}, false},
		"taken from her":                 {[]said{{1, by(assign, "bob"), ok()}, {2, offered(accept, "ann", 1), no("OfferRevoked")}}, true},
		"taken from her, who has it yet": {[]said{{1, offered(accept, "ann", 1), ok()}, {2, by(assign, "bob"), ok()}, {3, by(end, "ann"), ok()}}, false},
		"the end was forgotten":          {[]said{{1, offered(accept, "ann", 1), ok()}, {2, by(end, "ann"), ok()}, {3, by(read, ""), is(shown{active, "ann", 0})}}, false},
		"the acceptance was forgotten":   {[]said{{1, offered(accept, "ann", 1), ok()}, {2, by(read, ""), is(shown{open, "", 0})}}, false},
		"a read of before":               {[]said{{1, offered(accept, "ann", 1), ok()}, {1, by(read, ""), is(shown{open, "", 1})}}, true},
		"nobody knows, and it was":       {[]said{{1, offered(accept, "ann", 1), nobodyKnows()}, {2, by(read, ""), is(shown{active, "ann", 0})}}, true},
		"nobody knows, and it was not":   {[]said{{1, offered(accept, "ann", 1), nobodyKnows()}, {2, bobs, ok()}}, true},
		"nobody knows, and it was late":  {[]said{{1, by(forceClose, ""), nobodyKnows()}, {2, bobs, ok()}, {3, by(read, ""), is(shown{closed, "bob", 0})}}, true},
		"nobody knows, but not both":     {[]said{{1, offered(accept, "ann", 1), nobodyKnows()}, {2, by(read, ""), is(shown{active, "ann", 0})}, {3, bobs, ok()}}, false},
		"picked by two":                  {[]said{{1, record(pick, "ann"), ok()}, {2, record(pick, "bob"), ok()}}, false},
		"picked by one":                  {[]said{{1, record(pick, "ann"), ok()}, {1, record(pick, "bob"), no("WrongState")}}, true},
		"picked by nobody":               {[]said{{1, record(pick, "ann"), no("WrongState")}, {2, by(read, ""), is(shown{open, "", 0})}}, false},
		"taken up again":                 {[]said{{1, by(assign, "ann"), ok()}, {2, by(closeItem, "ann"), ok()}, {3, by(pick, "ann"), ok()}, {4, by(end, "ann"), ok()}}, true},
		"taken up by another":            {[]said{{1, by(assign, "ann"), ok()}, {2, by(closeItem, "ann"), ok()}, {3, by(pick, "bob"), ok()}}, false},
		"not taken up, though it waits":  {[]said{{1, by(assign, "ann"), ok()}, {2, by(closeItem, "ann"), ok()}, {3, by(pick, "ann"), no("WrongState")}}, false},
		"ended twice":                    {[]said{{1, record(pick, "ann"), ok()}, {2, record(end, "ann"), ok()}, {3, record(end, "ann"), ok()}}, false},
		"over elsewhere":                 {[]said{{1, record(pick, "ann"), ok()}, {2, record(closeRecord, ""), ok()}, {3, record(end, "ann"), no("WrongState")}}, true},
		"over elsewhere, and at once":    {[]said{{1, record(pick, "ann"), ok()}, {2, record(closeRecord, ""), no("UnknownRecord")}, {2, record(end, "ann"), ok()}}, true},
		"over elsewhere, but not here":   {[]said{{1, record(closeRecord, ""), ok()}, {2, record(pick, "ann"), ok()}}, false},
		"unknown, though it is there":    {[]said{{1, record(closeRecord, ""), no("UnknownRecord")}, {2, record(pick, "ann"), ok()}}, false},
		"not hers, though it is":         {[]said{{1, by(assign, "ann"), ok()}, {2, by(end, "ann"), no("ItemNotYours")}}, false},
		"after the end of all":           {[]said{{1, by(forceClose, ""), ok()}, {2, by(assign, "ann"), ok()}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var list []porcupine.Operation
			for i, s := range tc.history {
				op := porcupine.Operation{ClientId: i, Input: s.in, Output: s.out, Call: 10 * s.at, Return: 10*s.at + 5}
				if s.out.unknown {
					op.Return = math.MaxInt64
				}
				list = append(list, op)
			}
			if got := porcupine.CheckOperations(model(), list); got != tc.want {
				t.Errorf("the model says %v", got)
			}
		})
	}
}
