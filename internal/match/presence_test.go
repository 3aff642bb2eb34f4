// SPDX-License-Identifier: Apache-2.0

package match

import (
	"testing"

	"workstream.dev/operator/internal/plan"
)

func TestLoad(t *testing.T) {
	type d struct {
		limit, used int64
		blocking    bool
	}
	for name, tc := range map[string]struct {
		dims  []d
		other bool
		want  plan.Presence
	}{
		"nothing used":                  {[]d{{100, 0, false}}, false, plan.Available},
		"nothing to use":                {[]d{{0, 0, false}}, false, plan.Available},
		"no dimension at all":           {nil, false, plan.Available},
		"a little":                      {[]d{{100, 1, false}}, false, plan.Busy},
		"almost all":                    {[]d{{100, 99, false}}, false, plan.Busy},
		"all":                           {[]d{{100, 100, false}}, false, plan.DoNotDisturb},
		"more than all":                 {[]d{{100, 101, false}}, false, plan.DoNotDisturb},
		"something of nothing":          {[]d{{0, 1, false}}, false, plan.DoNotDisturb},
		"units gone, a slot left":       {[]d{{100, 100, false}, {2, 0, false}}, false, plan.Busy},
		"units left, no slot":           {[]d{{100, 0, false}, {2, 2, false}}, false, plan.Busy},
		"both gone":                     {[]d{{100, 100, false}, {2, 3, false}}, false, plan.DoNotDisturb},
		"one is more than gone":         {[]d{{100, 10, false}, {2, 3, false}}, false, plan.Busy},
		"a profile without slots":       {[]d{{100, 0, false}, {0, 0, false}}, false, plan.Available},
		"blocking, not exhausted":       {[]d{{100, 0, false}, {2, 1, true}}, false, plan.Busy},
		"blocking, exhausted":           {[]d{{100, 0, false}, {2, 2, true}}, false, plan.DoNotDisturb},
		"blocking without slots":        {[]d{{100, 0, false}, {0, 0, true}}, false, plan.DoNotDisturb},
		"only what has no limit":        {[]d{{100, 0, false}}, true, plan.Busy},
		"no limit, and nothing is left": {[]d{{0, 0, false}}, true, plan.DoNotDisturb},
	} {
		var l Load
		for _, x := range tc.dims {
			l.Dimension(x.limit, x.used, x.blocking)
		}
		if tc.other {
			l.Other()
		}
		if got := l.Presence(); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
