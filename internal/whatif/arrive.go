// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/channel/custom"
	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// source finds where the item comes in.
func (g *Given) source(p *plan.Plan) (*plan.Workstream, *plan.Channel, error) {
	var channel *plan.Channel
	name, from := or(g.Workstream, g.Given["item.workstream"]), or(g.Channel, g.Given["item.channel"])
	if from != "" {
		if channel = p.Channel(from); channel == nil {
			return nil, nil, fmt.Errorf("channel: the plan has no Channel %q", from)
		}
		if name != "" && name != channel.Workstream {
			return nil, nil, fmt.Errorf("channel: Channel %q is of Workstream %q, not %q", from, channel.Workstream, name)
		}
		name = channel.Workstream
	}
	if name == "" {
		return nil, nil, errors.New("workstream: one of workstream and channel must be set")
	}
	ws := p.Workstream(name)
	if ws == nil {
		return nil, nil, fmt.Errorf("workstream: the plan has no Workstream %q", name)
	}
	for i := range p.Channels {
		if channel == nil && p.Channels[i].Workstream == name {
			channel = &p.Channels[i]
		}
	}
	if ws.Type == plan.Messaging && channel == nil {
		return nil, nil, fmt.Errorf("workstream: Workstream %q has no Channel in the plan, so nothing can come in", name)
	}
	return ws, channel, nil
}

func or(s string, v rule.Value) string {
	if s == "" {
		return v.String()
	}
	return s
}

// saysTheSame reports whether an attribute that the engine sets has the value that it will set, as analyses write it. The
// time is read elsewhere.
func (g *Given) saysTheSame(name string, ws *plan.Workstream, channel *plan.Channel) bool {
	switch value := g.Given[name].String(); name {
	case "item.createdAt":
		return true
	case "item.type":
		return value == string(ws.Type)
	case "item.workstream":
		return value == ws.Name
	case "item.channel":
		return channel != nil && value == channel.Name
	default:
		return false
	}
}

// command is the item as its source sends it, and as the distributor takes it in.
func (g *Given) command(p *plan.Plan, id string) (event.Command, error) {
	ws, channel, err := g.source(p)
	if err != nil {
		return nil, err
	}
	parts := map[string]map[string]any{"context": {}, "channel": {}, "customer": {}, "record": {}}
	for _, name := range names(g.Given) {
		root, rest, _ := strings.Cut(name, ".")
		if root == "item" {
			if !g.saysTheSame(name, ws, channel) {
				return nil, fmt.Errorf("given: %s is not sent by a source: rules set it", name)
			}
			continue
		}
		part := parts[root]
		if part == nil || rest == "" {
			return nil, fmt.Errorf("given: %q is no attribute: those are context.*, channel.*, customer.*, record.* and item.createdAt",
				name)
		}
		if (root == "record") != (ws.Type == plan.Record) && root != "customer" {
			return nil, fmt.Errorf("given: %s is not of an item of Workstream %q, whose type is %s", name, ws.Name, ws.Type)
		}
		part[rest] = g.Given[name]
	}
	if ws.Type == plan.Record {
		attrs := rule.Attributes{}
		for name, v := range g.Given {
			if !strings.HasPrefix(name, "item.") {
				attrs[name] = v
			}
		}
		return event.SubmitRecord{
			Intake: event.Intake{Scope: "workstream/" + ws.Name}, Item: id, Workstream: ws.Name, Record: "given", Attributes: attrs,
		}, nil
	}
	return conversation(ws, channel, parts, id)
}

// conversation sends the item through the channel's own code, which says what it would leave out.
func conversation(ws *plan.Workstream, channel *plan.Channel, parts map[string]map[string]any, id string) (event.Command, error) {
	for _, list := range []string{"preferredAgents", "neverAgents"} {
		if v, ok := parts["customer"][list].(rule.Value); ok {
			agents := match.Names(v.String())
			parts["customer"][list] = append([]string{}, agents...)
		}
	}
	body, err := json.Marshal(map[string]any{
		"type": custom.MessageCreated,
		"data": map[string]any{
			"conversation": "given", "message": map[string]string{"id": "given", "text": "given"},
			"customer": parts["customer"], "context": parts["context"], "channel": parts["channel"],
		},
	})
	if err != nil {
		return nil, fmt.Errorf("given: %w", err)
	}
	in, err := custom.Decode("", body)
	if err != nil {
		return nil, fmt.Errorf("given: %w", err)
	}
	cmd, found := in.Command(channel, ws, func() string { return id })
	if len(found.Undeclared) > 0 {
		return nil, fmt.Errorf("given: %s is not declared: Workstream %q has no such ContextVariable", found.Undeclared[0], ws.Name)
	}
	for _, d := range found.LeftOut {
		switch d.Reason {
		case event.WrongType:
			return nil, fmt.Errorf("given: %s is of the wrong type: the ContextVariable says %s", d.Name, declared(ws, d.Name))
		default:
			return nil, fmt.Errorf("given: %s would be left out: %s", d.Name, d.Reason)
		}
	}
	return cmd, nil
}

func declared(ws *plan.Workstream, name string) string {
	kind, _ := ws.AttributeKind(name)
	return kind.String()
}

// identity is an id of the item; by it a rule draws that splits.
func (g *Given) identity() (string, error) {
	if g.Draw == nil {
		return "given", nil
	}
	if *g.Draw < 0 || *g.Draw > 99 {
		return "", fmt.Errorf("draw: %d is not from 0 to 99", *g.Draw)
	}
	for i := 0; ; i++ {
		if id := "given-" + strconv.Itoa(i); engine.Percentile(id) == *g.Draw {
			return id, nil
		}
	}
}
