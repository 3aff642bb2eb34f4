// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Experience is what agents are shown with the items of a workstream. Its texts have placeholders, see Render.
type Experience struct {
	QuickReplies  []QuickReply   `json:"quickReplies,omitempty"`
	Session       *Session       `json:"session,omitempty"`
	Notifications []Notification `json:"notifications,omitempty"` // each scenario at most once
}

// QuickReply is a message that agents have ready.
type QuickReply struct {
	Title   string   `json:"title"`
	Locale  string   `json:"locale"`
	Message string   `json:"message"`
	Tags    []string `json:"tags,omitempty"`
}

// Session is how an item is opened at an agent's desk.
type Session struct {
	Title              string `json:"title"`
	CommunicationPanel string `json:"communicationPanel"` // Docked, Minimized or Hidden
	Tabs               []Tab  `json:"tabs,omitempty"`
}

// Tab is a page that is opened with an item.
type Tab struct {
	Title string `json:"title"`
	URL   string `json:"url"` // placeholders are escaped in it
}

// Scenario is when a notification is used.
type Scenario string

// The scenarios.
const (
	IncomingAuthenticated   Scenario = "IncomingAuthenticated" // the customer has an id
	IncomingUnauthenticated Scenario = "IncomingUnauthenticated"
	ConsultScenario         Scenario = "Consult"
	TransferScenario        Scenario = "Transfer"
	SupervisorAssign        Scenario = "SupervisorAssign"
)

// Notification is how an agent is told of an item.
type Notification struct {
	Scenario            Scenario `json:"scenario"`
	Title               string   `json:"title"`
	Fields              []Field  `json:"fields,omitempty"`
	ShowTimeout         bool     `json:"showTimeout,omitempty"`
	AcceptText          string   `json:"acceptText"`
	DeclineText         string   `json:"declineText"`
	DesktopNotification string   `json:"desktopNotification"` // Never, WhenInBackground or Always
}

// Field is a line of a notification.
type Field struct {
	Header string `json:"header"`
	Value  string `json:"value"`
}

// Notification returns that of a scenario, or nil. w may be nil.
func (w *Workstream) Notification(s Scenario) *Notification {
	if w == nil || w.Experience == nil {
		return nil
	}
	list := w.Experience.Notifications
	if i := slices.IndexFunc(list, func(n Notification) bool { return n.Scenario == s }); i >= 0 {
		return &list[i]
	}
	return nil
}

// The names that placeholders may have: these, and every attribute below these roots.
var (
	placeholders = []string{
		"agent.displayName", "agent.name", "customer.id", "customer.name", "item.channel", "item.conversation", "item.id",
		"item.priority", "item.record", "item.type", "item.workstream", "queue.name",
	}
	placeholderRoots = []string{"channel.", "context.", "record."}
)

// Render returns a template with the values of its placeholders, in braces such as {customer.name}. A doubled brace stands
// for itself. The error says which placeholder there is not, or where a brace stands alone.
func Render(template string, value func(name string) string) (string, error) {
	var b strings.Builder
	for rest := template; ; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			b.WriteString(rest)
			return b.String(), nil
		}
		b.WriteString(rest[:i])
		brace := rest[i : i+1]
		rest = rest[i+1:]
		if strings.HasPrefix(rest, brace) {
			b.WriteString(brace)
			rest = rest[1:]
			continue
		}
		name, behind, closed := strings.Cut(rest, "}")
		if brace == "}" || !closed {
			return "", fmt.Errorf("a single %q: placeholders are like {customer.name}, and %q stands for %q", brace, brace+brace, brace)
		}
		if !isPlaceholder(name) {
			return "", fmt.Errorf("{%s} is no placeholder: those are %s, and names below context., channel. and record",
				name, strings.Join(placeholders, ", "))
		}
		b.WriteString(value(name))
		rest = behind
	}
}

func isPlaceholder(name string) bool {
	if slices.Contains(placeholders, name) {
		return true
	}
	return slices.ContainsFunc(placeholderRoots, func(root string) bool {
		return len(name) > len(root) && strings.HasPrefix(name, root) && !strings.ContainsAny(name, "{} \t\n")
	})
}
