// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"fmt"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// experience is what agents are shown, nil for nothing, with each template checked.
func (w *workstream) experience(from *v1alpha1.AgentExperience) *plan.Experience {
	if from == nil {
		return nil
	}
	e := &plan.Experience{}
	for i := range from.QuickReplies {
		r := &from.QuickReplies[i]
		w.template(fmt.Sprintf("quickReplies[%d](%s).message", i, r.Title), r.Message)
		e.QuickReplies = append(e.QuickReplies, plan.QuickReply{Title: r.Title, Locale: r.Locale, Message: r.Message, Tags: r.Tags})
	}
	if s := from.SessionTemplate; s != nil {
		e.Session = &plan.Session{
			Title:              s.Title,
			CommunicationPanel: string(or(s.CommunicationPanel, v1alpha1.CommunicationPanelDocked)),
		}
		w.template("sessionTemplate.title", s.Title)
		for i, t := range s.Tabs {
			w.template(fmt.Sprintf("sessionTemplate.tabs[%d].title", i), t.Title)
			w.template(fmt.Sprintf("sessionTemplate.tabs[%d].url", i), t.URL)
			e.Session.Tabs = append(e.Session.Tabs, plan.Tab{Title: t.Title, URL: t.URL})
		}
	}
	for i := range from.NotificationTemplates {
		e.Notifications = append(e.Notifications, w.notification(&from.NotificationTemplates[i]))
	}
	return e
}

func (w *workstream) notification(from *v1alpha1.NotificationTemplate) plan.Notification {
	path := fmt.Sprintf("notificationTemplates(%s)", from.Scenario)
	n := plan.Notification{
		Scenario: plan.Scenario(from.Scenario), Title: from.Title,
		ShowTimeout:         or(from.ShowTimeout, v1alpha1.ShowTimeoutEnabled) == v1alpha1.ShowTimeoutEnabled,
		AcceptText:          or(from.AcceptText, "Accept"),
		DeclineText:         or(from.DeclineText, "Decline"),
		DesktopNotification: string(or(from.DesktopNotification, v1alpha1.DesktopNotificationNever)),
	}
	w.template(path+".title", from.Title)
	for i, f := range from.Fields {
		w.template(fmt.Sprintf("%s.fields[%d](%s).value", path, i, f.Header), f.Value)
		n.Fields = append(n.Fields, plan.Field{Header: f.Header, Value: f.Value})
	}
	return n
}

// template checks a text of spec.agentExperience.
func (w *workstream) template(path, text string) {
	if _, err := plan.Render(text, func(string) string { return "" }); err != nil {
		w.accepted.add(string(v1alpha1.WorkstreamReasonInvalid), "spec.agentExperience.%s: %s", path, err)
	}
}
