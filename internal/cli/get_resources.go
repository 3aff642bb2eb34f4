// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// items are shown without what customers said or what is known of them.
func items() *resource {
	return &resource{
		name: "items", one: "item",
		head:   []string{"ID", "STATE", "WORKSTREAM", "QUEUE", "AGENT", "PRIORITY", "AGE"},
		widths: []int{36, 7, 20, 20, 12, 8, 4},
		wide:   []string{"TYPE", "REASON", "SOURCE", "OFFERED TO", "NEEDS", "UNITS", "IN QUEUE", "REVISION"},
		decode: func(raw json.RawMessage) (*live, error) {
			var it struct {
				ID, Type, State, Reason, Workstream, Revision, Channel, Record, Queue, Agent string

				Priority, Units int
				Promoted        bool
				Offer           *struct{ Agent string }
				Skills          []struct {
					Name   string
					Rating int
				}
				Profiles            []string
				OpenedAt, EnteredAt time.Time
			}
			o, err := decoded(raw, &it)
			if err != nil {
				return nil, err
			}
			delete(o, "customer")
			delete(o, "attributes")
			offered, source, waits := "", it.Channel, ""
			if it.Offer != nil {
				offered = it.Offer.Agent
			}
			if it.Record != "" {
				source = "record " + it.Record
			}
			priority := strconv.Itoa(it.Priority)
			if it.Promoted {
				priority += "*"
			}
			needs := make([]string, 0, len(it.Skills)+len(it.Profiles))
			for _, s := range it.Skills {
				needs = append(needs, fmt.Sprintf("%s:%d", s.Name, s.Rating))
			}
			needs = append(needs, it.Profiles...)
			return &live{name: it.ID, raw: o, row: func(now time.Time) []string {
				if it.State == "Open" {
					waits = age(now, it.EnteredAt)
				}
				return []string{
					it.ID, it.State, it.Workstream, or(it.Queue), or(it.Agent), priority, age(now, it.OpenedAt),
					it.Type, or(it.Reason), or(source), or(offered), or(strings.Join(needs, ",")), strconv.Itoa(it.Units), or(waits),
					or(it.Revision),
				}
			}}, nil
		},
	}
}

func queues() *resource {
	return &resource{
		name: "queues", one: "queue",
		head: []string{"NAME", "TYPE", "PRIORITY", "WAITING", "OFFERED", "OLDEST", "AGENTS", "AVAILABLE"},
		wide: []string{"METHOD"},
		decode: func(raw json.RawMessage) (*live, error) {
			var q struct {
				Name, Type, Method                                  string
				Priority, Waiting, Offered, Agents, AgentsAvailable int
				OldestSince                                         time.Time
			}
			o, err := decoded(raw, &q)
			if err != nil {
				return nil, err
			}
			return &live{name: q.Name, raw: o, row: func(now time.Time) []string {
				return []string{
					q.Name, or(q.Type), strconv.Itoa(q.Priority), strconv.Itoa(q.Waiting), strconv.Itoa(q.Offered),
					age(now, q.OldestSince), strconv.Itoa(q.Agents), strconv.Itoa(q.AgentsAvailable), or(q.Method),
				}
			}}, nil
		},
	}
}

func agents() *resource {
	return &resource{
		name: "agents", one: "agent",
		head: []string{"NAME", "PRESENCE", "CONNECTED", "UNITS", "ITEMS", "OFFERS", "QUEUES"},
		wide: []string{"DISPLAY NAME", "PROFILES", "IN QUEUES"},
		decode: func(raw json.RawMessage) (*live, error) {
			var a struct {
				Name, DisplayName, Presence, PresenceName string
				Connected                                 bool
				Units, Used                               int
				Items, Offers, Queues                     []string
				Profiles                                  []struct {
					Name        string
					Limit, Used int
				}
			}
			o, err := decoded(raw, &a)
			if err != nil {
				return nil, err
			}
			connected := "no"
			if a.Connected {
				connected = "yes"
			}
			profiles := make([]string, len(a.Profiles))
			for i, p := range a.Profiles {
				profiles[i] = fmt.Sprintf("%s:%d/%d", p.Name, p.Used, p.Limit)
			}
			return &live{name: a.Name, raw: o, row: func(time.Time) []string {
				return []string{
					a.Name, cmp.Or(a.PresenceName, a.Presence), connected, fmt.Sprintf("%d/%d", a.Used, a.Units),
					strconv.Itoa(len(a.Items)), strconv.Itoa(len(a.Offers)), strconv.Itoa(len(a.Queues)),
					or(a.DisplayName), or(strings.Join(profiles, ",")), or(strings.Join(a.Queues, ",")),
				}
			}}, nil
		},
	}
}

// decoded reads an object twice: into what is shown in a table, and as it is.
func decoded(raw json.RawMessage, into any) (map[string]any, error) {
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, err
	}
	return object(raw)
}

// or is a cell, which is not left empty.
func or(s string) string { return cmp.Or(s, "-") }

// age is how long ago something was, as kubectl writes it.
func age(now, then time.Time) string {
	if then.IsZero() {
		return "-"
	}
	return duration.HumanDuration(max(0, now.Sub(then)))
}
