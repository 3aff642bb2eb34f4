// SPDX-License-Identifier: Apache-2.0

package view

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// NotificationView is how an agent is told of an item, with what the template's placeholders stand for.
type NotificationView struct {
	Title       string       `json:"title"`
	Fields      []plan.Field `json:"fields,omitempty"`
	ShowTimeout bool         `json:"showTimeout"`
	AcceptText  string       `json:"acceptText"`
	// DeclineText is empty where an agent cannot decline.
	DeclineText         string `json:"declineText,omitempty"`
	DesktopNotification string `json:"desktopNotification"`
}

// ExperienceView is what an agent is shown with an item.
type ExperienceView struct {
	// Notification is that of what the agent is asked now: an offer, a transfer, a consultation; or of a supervisor's
	// assignment, with the frame that tells it.
	Notification *NotificationView `json:"notification,omitempty"`
	// Session is how it is opened at the agent's desk.
	Session *plan.Session `json:"session,omitempty"`
}

// Experience is what an agent is shown with an item, by the templates that are in force; nil is nothing.
func (v *View) Experience(agent string, it *ItemView) *ExperienceView {
	return v.experience(agent, it, "")
}

// Experience is what the agent of the stream is shown with an event; nil is nothing.
func (s *Subscription) Experience(e *StreamEvent) *ExperienceView {
	if e.Item == nil {
		return nil
	}
	switch e.Type {
	case OfferMade, ConsultRequested:
		return s.view.experience(s.agent, e.Item, "")
	case ItemAssigned:
		if e.How == event.BySupervisor {
			return s.view.experience(s.agent, e.Item, plan.SupervisorAssign)
		}
		return s.view.experience(s.agent, e.Item, "")
	default:
		return nil
	}
}

func (v *View) experience(agent string, it *ItemView, scenario plan.Scenario) *ExperienceView {
	p := v.Plan()
	w := p.Workstream(it.Workstream)
	if w == nil || w.Experience == nil || p.Agent(agent) == nil {
		return nil
	}
	if scenario == "" {
		scenario = scenarioOf(agent, it)
	}
	value := placeholders(p.Agent(agent), agent, it)
	shown := &ExperienceView{Session: session(w.Experience.Session, value)}
	if n := w.Notification(scenario); n != nil {
		shown.Notification = notification(n, w, scenario, value)
	}
	if shown.Session == nil && shown.Notification == nil {
		return nil
	}
	return shown
}

// scenarioOf is what an agent is asked about an item now, empty for nothing.
func scenarioOf(agent string, it *ItemView) plan.Scenario {
	consulted := func(c ConsultView) bool { return c.Agent == agent && !c.Joined }
	switch {
	case it.Transfer != nil && it.Transfer.Agent == agent:
		return plan.TransferScenario
	case it.Offer != nil && it.Offer.Agent == agent && it.Offer.Via == event.ViaTransfer:
		return plan.TransferScenario
	case it.Offer != nil && it.Offer.Agent == agent && it.Attributes["customer.id"].String() != "":
		return plan.IncomingAuthenticated
	case it.Offer != nil && it.Offer.Agent == agent:
		return plan.IncomingUnauthenticated
	case slices.ContainsFunc(it.Consults, consulted):
		return plan.ConsultScenario
	default:
		return ""
	}
}

func notification(n *plan.Notification, w *plan.Workstream, s plan.Scenario, value func(string) string) *NotificationView {
	shown := &NotificationView{
		Title: render(n.Title, value), ShowTimeout: n.ShowTimeout, AcceptText: n.AcceptText, DeclineText: n.DeclineText,
		DesktopNotification: n.DesktopNotification,
	}
	if s == plan.SupervisorAssign || s != plan.ConsultScenario && w.Offer.Presentation == plan.PromptNoDecline {
		shown.DeclineText = ""
	}
	for _, f := range n.Fields {
		shown.Fields = append(shown.Fields, plan.Field{Header: f.Header, Value: render(f.Value, value)})
	}
	return shown
}

func session(s *plan.Session, value func(string) string) *plan.Session {
	if s == nil {
		return nil
	}
	shown := &plan.Session{Title: render(s.Title, value), CommunicationPanel: s.CommunicationPanel}
	escaped := func(name string) string { // for any part of a URL
		v := value(name)
		if v == "." || v == ".." {
			return "" // in a path it would be a step, escaped or not
		}
		return strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	}
	for _, t := range s.Tabs {
		shown.Tabs = append(shown.Tabs, plan.Tab{Title: render(t.Title, value), URL: render(t.URL, escaped)})
	}
	return shown
}

// render fills in a template, which compile has checked: one that cannot be read is shown as it is.
func render(template string, value func(string) string) string {
	text, err := plan.Render(template, value)
	if err != nil {
		return template
	}
	return text
}

// placeholders says what those of templates stand for; what is not known is empty.
func placeholders(a *plan.Agent, agent string, it *ItemView) func(name string) string {
	return func(name string) string {
		switch name {
		case "agent.name":
			return agent
		case "agent.displayName":
			if a != nil && a.DisplayName != "" {
				return a.DisplayName
			}
			return agent
		case "queue.name":
			return it.Queue
		case "item.id":
			return it.ID
		case "item.type":
			return string(it.Type)
		case "item.workstream":
			return it.Workstream
		case "item.channel":
			return it.Channel
		case "item.conversation":
			return it.Conversation
		case "item.record":
			return it.Record
		case "item.priority":
			return strconv.Itoa(int(it.Priority))
		default:
			return it.Attributes[name].String() // customer., context., channel., record.
		}
	}
}

// QuickReplyFilter chooses quick replies. What is empty chooses all.
type QuickReplyFilter struct {
	Locale string   // else that of the conversation, channel.locale
	Text   string   // part of title or message, upper and lower case alike
	Tags   []string // all of them
}

// QuickReplies are the messages that an agent has ready for an item, in the order of the workstream.
func (v *View) QuickReplies(agent string, it *ItemView, f QuickReplyFilter) []plan.QuickReply {
	p := v.Plan()
	shown := []plan.QuickReply{}
	w := p.Workstream(it.Workstream)
	if w == nil || w.Experience == nil {
		return shown
	}
	if f.Locale == "" {
		f.Locale = it.Attributes["channel.locale"].String()
	}
	value := placeholders(p.Agent(agent), agent, it)
	for _, r := range w.Experience.QuickReplies {
		if !speaks(f.Locale, r.Locale) || slices.ContainsFunc(f.Tags, func(t string) bool { return !slices.Contains(r.Tags, t) }) {
			continue
		}
		r.Message = render(r.Message, value)
		if contains(r.Title, f.Text) || contains(r.Message, f.Text) {
			shown = append(shown, r)
		}
	}
	return shown
}

// speaks reports whether a text of a locale is for people of another: fr is for fr-CA, too, but not the other way round.
func speaks(people, text string) bool {
	people, text = strings.ToLower(strings.ReplaceAll(people, "_", "-")), strings.ToLower(text)
	return people == "" || people == text || strings.HasPrefix(people, text+"-")
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
