// SPDX-License-Identifier: Apache-2.0

package custom

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

var (
	channel    = &plan.Channel{Name: "web", Workstream: "chat", Type: "Custom", Custom: &plan.Custom{Address: "shop"}}
	workstream = &plan.Workstream{Name: "chat", Variables: []plan.Variable{
		{Name: "basket", Kind: rule.Number},
		{Name: "order", Kind: rule.Text},
		{Name: "tier", Kind: rule.Text},
	}}
)

// command decodes data of a message and returns what it asks for.
func command(t *testing.T, data string) (event.Command, Found) {
	t.Helper()
	in, err := Decode("wh1", []byte(`{"type":"message.created","timestamp":"2026-11-20T10:00:00Z","data":`+data+`}`))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	return in.Command(channel, workstream, func() string { n++; return fmt.Sprintf("new-%d", n) })
}

func TestMessageBecomesACommand(t *testing.T) {
	got, found := command(t, `{
		"conversation": "c-1",
		"customer": {"id": "u1", "name": "Mia"},
		"message": {"id": "m1", "text": "hi", "attachments": []},
		"context": {"tier": "gold", "basket": 700},
		"channel": {"locale": "fr-FR", "visits": 3, "returning": true, "referrer": null}
	}`)
	receive, ok := got.(event.ReceiveMessage)
	if !ok {
		t.Fatalf("got %T", got)
	}
	if receive.Intake.Digest == "" {
		t.Error("there is no digest, so another body under the same id would pass")
	}
	receive.Intake.Digest = ""
	want := event.ReceiveMessage{
		Intake: event.Intake{Scope: "channel/web", Key: "wh1"},
		Item:   "new-1", Message: "m1", Channel: "web", Conversation: "c-1",
		Customer: event.Customer{ID: "u1", Name: "Mia"},
		Text:     "hi",
		Attributes: rule.Attributes{
			"customer.id": rule.TextValue("u1"), "customer.name": rule.TextValue("Mia"),
			"context.tier": rule.TextValue("gold"), "context.basket": rule.NumberValue(700),
			"channel.locale": rule.TextValue("fr-FR"), "channel.visits": rule.NumberValue(3),
			"channel.returning": rule.TextValue("true"),
		},
	}
	if diff := cmp.Diff(want, receive, cmp.AllowUnexported(rule.Value{})); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Found{Taken: 5}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestListsOfTheCustomer(t *testing.T) {
	for lists, want := range map[string]map[string]string{
		``:                                   {},
		`,"preferredAgents":["ann","b.c-1"]`: {"customer.preferredAgents": "ann,b.c-1"},
		`,"preferredAgents":[],"neverAgents":["ann"]`:         {"customer.preferredAgents": "", "customer.neverAgents": "ann"},
		`,"preferredAgents":null,"neverAgents":[]`:            {"customer.neverAgents": ""},
		`,"neverAgents":[` + agents(100) + `]`:                {"customer.neverAgents": strings.ReplaceAll(agents(100), `"`, "")},
		`,"neverAgents":["` + strings.Repeat("a", 253) + `"]`: {"customer.neverAgents": strings.Repeat("a", 253)},
	} {
		got, _ := command(t, `{"conversation":"c","customer":{"id":"u1"`+lists+`},"message":{"text":"hi"}}`)
		attrs := rule.Attributes{"customer.id": rule.TextValue("u1")}
		for name, text := range want {
			attrs[name] = rule.TextValue(text)
		}
		if diff := cmp.Diff(attrs, got.(event.ReceiveMessage).Attributes, cmp.AllowUnexported(rule.Value{})); diff != "" {
			t.Errorf("%.80s (-want +got):\n%s", lists, diff)
		}
	}
}

// agents are n names, in JSON.
func agents(n int) string {
	return strings.Join(slices.Repeat([]string{`"ann"`}, n), ",")
}

func TestMessageWithoutIDGetsOne(t *testing.T) {
	got, _ := command(t, `{"conversation":"c-1","message":{"text":"hi"}}`)
	if r, ok := got.(event.ReceiveMessage); !ok || !strings.HasPrefix(r.Message, "new-") || r.Message == r.Item {
		t.Errorf("got %+v", got)
	}
}

func TestEndBecomesACommand(t *testing.T) {
	in, err := Decode("wh2", []byte(`{"type":"conversation.ended","data":{"conversation":"c-1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := in.Command(channel, workstream, func() string { return "unused" })
	want := event.LeaveConversation{
		Intake:  event.Intake{Scope: "channel/web", Key: "wh2", Digest: in.digest},
		Channel: "web", Conversation: "c-1",
	}
	if diff := cmp.Diff(event.Command(want), got); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
}

func TestConnectionsBecomeCommands(t *testing.T) {
	for kind, command := range map[string]func(event.Intake) event.Command{
		"customer.disconnected": func(i event.Intake) event.Command {
			return event.DisconnectCustomer{Intake: i, Channel: "web", Conversation: "c-1"}
		},
		"customer.reconnected": func(i event.Intake) event.Command {
			return event.ReconnectCustomer{Intake: i, Channel: "web", Conversation: "c-1"}
		},
	} {
		in, err := Decode("wh3", []byte(`{"type":"`+kind+`","data":{"conversation":"c-1","message":null}}`))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := in.Command(channel, workstream, func() string { return "unused" })
		want := command(event.Intake{Scope: "channel/web", Key: "wh3", Digest: in.digest})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("command (-want +got):\n%s", diff)
		}
	}
}

func TestContextValuesFitTheirVariable(t *testing.T) {
	long := `"` + strings.Repeat("ü", MaxValue) + `"`
	for name, tc := range map[string]struct {
		context string
		want    map[string]rule.Value
		leftOut []event.LeftOut
	}{
		"a number written as text": {`{"basket":" 700.50 "}`, map[string]rule.Value{"basket": rule.NumberValue(700.5)}, nil},
		"a number for a text":      {`{"order":10000000000000001}`, map[string]rule.Value{"order": rule.TextValue("10000000000000001")}, nil},
		"null":                     {`{"tier":null}`, nil, nil},
		"the longest text":         {`{"tier":` + long + `}`, map[string]rule.Value{"tier": rule.TextValue(strings.Trim(long, `"`))}, nil},
		"not declared":             {`{"teir":"gold"}`, map[string]rule.Value{"teir": rule.TextValue("gold")}, nil},
		"a number, not declared":   {`{"shoe":9.5}`, map[string]rule.Value{"shoe": rule.TextValue("9.5")}, nil},
		"a boolean, not declared":  {`{"new":true}`, map[string]rule.Value{"new": rule.TextValue("true")}, nil},
		"an object, not declared":  {`{"new":{"is":"x"}}`, nil, []event.LeftOut{{Name: "context.new", Reason: event.WrongType}}},
		"names have case":          {`{"Tier":"gold"}`, map[string]rule.Value{"Tier": rule.TextValue("gold")}, nil},
		"an empty name":            {`{"":"gold"}`, nil, []event.LeftOut{{Name: "context.", Reason: event.InvalidName}}},
		"the longest name":         {`{"` + strings.Repeat("ü", 100) + `":"x"}`, map[string]rule.Value{strings.Repeat("ü", 100): rule.TextValue("x")}, nil},
		"a name that is too long":  {`{"` + strings.Repeat("ü", 101) + `":"x"}`, nil, []event.LeftOut{{Name: "context." + strings.Repeat("ü", 100) + "...", Reason: event.InvalidName}}},
		"words for a number":       {`{"basket":"lots"}`, nil, []event.LeftOut{{Name: "context.basket", Reason: event.WrongType}}},
		"hexadecimal":              {`{"basket":"0x10"}`, nil, []event.LeftOut{{Name: "context.basket", Reason: event.WrongType}}},
		"infinity":                 {`{"basket":"Inf"}`, nil, []event.LeftOut{{Name: "context.basket", Reason: event.WrongType}}},
		"too large for a number":   {`{"basket":1e999}`, nil, []event.LeftOut{{Name: "context.basket", Reason: event.WrongType}}},
		"a boolean for a text":     {`{"tier":true}`, map[string]rule.Value{"tier": rule.TextValue("true")}, nil},
		"a boolean for a number":   {`{"basket":true}`, nil, []event.LeftOut{{Name: "context.basket", Reason: event.WrongType}}},
		"an object":                {`{"tier":{"is":"gold"}}`, nil, []event.LeftOut{{Name: "context.tier", Reason: event.WrongType}}},
		"a list":                   {`{"tier":["gold"]}`, nil, []event.LeftOut{{Name: "context.tier", Reason: event.WrongType}}},
		"too long":                 {`{"tier":` + long[:len(long)-1] + `x"}`, nil, []event.LeftOut{{Name: "context.tier", Reason: event.TooLong}}},
		"one wrong, one right": {
			`{"basket":"lots","tier":"gold"}`,
			map[string]rule.Value{"tier": rule.TextValue("gold")},
			[]event.LeftOut{{Name: "context.basket", Reason: event.WrongType}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, found := command(t, `{"conversation":"c","message":{"text":"hi"},"context":`+tc.context+`}`)
			want := rule.Attributes{}
			for k, v := range tc.want {
				want["context."+k] = v
			}
			if diff := cmp.Diff(want, cmd.(event.ReceiveMessage).Attributes, cmp.AllowUnexported(rule.Value{})); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.leftOut, found.LeftOut); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTooManyValuesAreLeftOutByName(t *testing.T) {
	var b strings.Builder
	for i := range MaxValues + 2 {
		fmt.Fprintf(&b, `,"k%03d":%d`, i, i)
	}
	cmd, found := command(t, `{"conversation":"c","message":{"text":"hi"},"channel":{`+b.String()[1:]+`}}`)
	if got := len(cmd.(event.ReceiveMessage).Attributes); got != MaxValues {
		t.Errorf("got %d values", got)
	}
	want := []event.LeftOut{{Name: "channel.k100", Reason: event.TooMany}, {Name: "channel.k101", Reason: event.TooMany}}
	if diff := cmp.Diff(want, found.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

func TestDeclaredValuesComeFirst(t *testing.T) {
	var b strings.Builder
	for i := range MaxValues + 1 {
		fmt.Fprintf(&b, `,"a%03d":%d`, i, i)
	}
	cmd, found := command(t, `{"conversation":"c","message":{"text":"hi"},"context":{"tier":"gold"`+b.String()+`}}`)
	if attrs := cmd.(event.ReceiveMessage).Attributes; len(attrs) != MaxValues || attrs["context.tier"].String() != "gold" {
		t.Errorf("got %d values, the tier is %q", len(attrs), attrs["context.tier"])
	}
	want := []event.LeftOut{{Name: "context.a099", Reason: event.TooMany}, {Name: "context.a100", Reason: event.TooMany}}
	if diff := cmp.Diff(want, found.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if len(found.Undeclared) != MaxValues-1 || found.Taken != MaxValues {
		t.Errorf("%d undeclared, %d taken", len(found.Undeclared), found.Taken)
	}
}

func TestDecodeRefuses(t *testing.T) {
	message := func(data string) string { return `{"type":"message.created","data":` + data + `}` }
	from := func(lists string) string {
		return message(`{"conversation":"c","customer":{` + lists + `},"message":{"text":"x"}}`)
	}
	const preferred, never = "data.customer.preferredAgents", "data.customer.neverAgents"
	for name, tc := range map[string]struct {
		body   string
		status int
		field  string
		detail string // a part
	}{
		"nothing":          {"", 400, "", "empty"},
		"broken JSON":      {"{\"type\":\n \"message.created\",,", 400, "", "byte 29 (line 2, column 20)"},
		"cut off":          {`{"type":"message.cre`, 400, "", "ends too early"},
		"two values":       {message(`{"conversation":"c","message":{"text":"x"}}`) + " {}", 400, "", "more after"},
		"a list":           {`[]`, 422, "", "must be a JSON object, not a list"},
		"no type":          {`{"data":{}}`, 422, "type", "missing"},
		"another type":     {`{"type":"message.deleted","data":{}}`, 422, "type", "message.created, conversation.ended, customer.disconnected or"},
		"the type twice":   {`{"type":"message.created","type":"conversation.ended","data":{}}`, 422, "type", "once only"},
		"Type":             {`{"Type":"message.created","data":{}}`, 422, "Type", "written \"type\""},
		"null":             {`null`, 422, "", "not null"},
		"data null":        {`{"type":"message.created","data":null}`, 422, "data", "data must be a JSON object, not null"},
		"text twice":       {message(`{"conversation":"c","message":{"text":"x","text":"y"}}`), 422, "data.message.text", "once only"},
		"a value twice":    {message(`{"conversation":"c","message":{"text":"x"},"context":{"a":1,"a":2}}`), 422, "data.context.a", "once only"},
		"blank text":       {message(`{"conversation":"c","message":{"text":" "}}`), 422, "data.message.text", "missing or empty"},
		"a number as type": {`{"type":1}`, 422, "type", "must be a JSON string, not a number"},
		"no data":          {`{"type":"message.created"}`, 422, "data", "missing"},
		"data in words":    {message(`"secret words"`), 422, "data", "data must be a JSON object, not a string"},
		"no conversation":  {message(`{"message":{"text":"x"}}`), 422, "data.conversation", "missing"},
		"numeric text":     {message(`{"conversation":"c","message":{"text":42}}`), 422, "data.message.text", "text must be a JSON string, not a number"},
		"no text":          {message(`{"conversation":"c","message":{"id":"m"}}`), 422, "data.message.text", "missing"},
		"context as list":  {message(`{"conversation":"c","context":["secret words"]}`), 422, "data.context", "object, not a list"},
		"a long conversation": {
			message(`{"conversation":"` + strings.Repeat("ü", 257) + `","message":{"text":"x"}}`), 422, "data.conversation", "257 characters",
		},
		"a long text": {
			message(`{"conversation":"c","message":{"text":"` + strings.Repeat("x", ingress.MaxText+1) + `"}}`), 422,
			"data.message.text", "more than 32768",
		},
		"a long customer":      {from(`"name":"` + strings.Repeat("ü", 257) + `"`), 422, "data.customer.name", "257 characters"},
		"four preferred":       {from(`"preferredAgents":[` + agents(4) + `]`), 422, preferred, preferred + " has 4 names, more than 3"},
		"101 never":            {from(`"neverAgents":[` + agents(101) + `]`), 422, never, never + " has 101 names, more than 100"},
		"a list as text":       {from(`"neverAgents":"ann,bob"`), 422, never, never + " must be a JSON list, not a string"},
		"a list twice":         {from(`"neverAgents":[],"neverAgents":["ann"]`), 422, never, "once only"},
		"no name":              {from(`"preferredAgents":["ann","secret words"]`), 422, preferred, preferred + "[1] must be the name of an Agent"},
		"names with a comma":   {from(`"neverAgents":["ann,bob"]`), 422, never, never + "[0] must be"},
		"an empty name":        {from(`"neverAgents":[""]`), 422, never, never + "[0] must be"},
		"a name in capitals":   {from(`"neverAgents":["Ann"]`), 422, never, "lower case"},
		"a name with an end":   {from(`"neverAgents":["ann\n"]`), 422, never, never + "[0] must be"},
		"a long name":          {from(`"neverAgents":["` + strings.Repeat("a", 254) + `"]`), 422, never, "at most 253"},
		"a number for a name":  {from(`"preferredAgents":[1e999]`), 422, preferred, preferred + "[0] must be"},
		"null for a name":      {from(`"neverAgents":[null]`), 422, never, never + "[0] must be"},
		"an object for a name": {from(`"neverAgents":[{"name":"ann"}]`), 422, never, never + "[0] must be"},
		"end of nothing":       {`{"type":"conversation.ended","data":{}}`, 422, "data.conversation", "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode("wh1", []byte(tc.body))
			p := (*ingress.Problem)(nil)
			if !errors.As(err, &p) {
				t.Fatalf("got %v, want a problem", err)
			}
			if p.Status != tc.status || p.Field != tc.field || !strings.Contains(p.Detail, tc.detail) {
				t.Errorf("got %d, field %q, %q", p.Status, p.Field, p.Detail)
			}
			if strings.Contains(fmt.Sprintf("%+v", *p), "secret words") {
				t.Errorf("the problem repeats the customer: %+v", *p)
			}
		})
	}
}

func TestDigestIsOfTheMeaning(t *testing.T) {
	digests := map[string]string{}
	for name, body := range map[string]string{
		"first":            `{"type":"message.created","data":{"conversation":"c","message":{"text":"x"}}}`,
		"again, later":     `{"timestamp":"now", "type":"message.created", "data":{"conversation":"c", "message":{"text":"x"}}}`,
		"another text":     `{"type":"message.created","data":{"conversation":"c","message":{"text":"y"}}}`,
		"another type":     `{"type":"conversation.ended","data":{"conversation":"c","message":{"text":"x"}}}`,
		"spaces in a text": `{"type":"message.created","data":{"conversation":"c","message":{"text":"x "}}}`,
	} {
		in, err := Decode("wh1", []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		digests[name] = in.digest
	}
	if digests["first"] != digests["again, later"] {
		t.Error("a second try with a new time looks like something else")
	}
	for _, other := range []string{"another text", "another type", "spaces in a text"} {
		if digests[other] == digests["first"] {
			t.Errorf("%s has the same digest", other)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"message.created","data":{"conversation":"c","message":{"text":"x"},"context":{"tier":"gold","basket":"7e2"}}}`))
	f.Add([]byte(`{"type":"message.created","data":{"conversation":"c","message":{"text":"x"},"customer":{"neverAgents":["a",1]}}}`))
	f.Add([]byte(`{"type":"conversation.ended","data":{"conversation":"c"}}`))
	f.Add([]byte(`{"type":"message.created","data":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, err := Decode("wh1", raw)
		if err != nil {
			if p := (*ingress.Problem)(nil); !errors.As(err, &p) || p.Status < 400 || p.Detail == "" {
				t.Fatalf("an error that says nothing: %v", err)
			}
			return
		}
		cmd, _ := in.Command(channel, workstream, func() string { return "id" })
		if r, ok := cmd.(event.ReceiveMessage); ok {
			kinds := map[string]rule.Kind{"context.basket": rule.Number, "context.tier": rule.Text, "context.order": rule.Text}
			for name, v := range r.Attributes {
				if !v.Present() || strings.HasPrefix(name, "context.") && kinds[name] != v.Kind() {
					t.Fatalf("%s has kind %s", name, v.Kind())
				}
			}
		}
	})
}
