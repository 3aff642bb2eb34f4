// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// isDNSLabel reports whether s is a DNS label, by RFC 1123. It is asked of all channels at every edit.
func isDNSLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func (s *scope) compileChannels() {
	held := claims[string, *v1alpha1.Channel]{}
	for _, c := range s.live.channels.objects {
		if address := addressOf(c); address != "" {
			held.claim(address, c)
		}
	}
	s.expect(v1alpha1.KindChannel, len(s.live.channels.objects))
	for _, c := range s.live.channels.objects {
		o := Object{Kind: v1alpha1.KindChannel, Name: c.Name}
		var accepted, refs problems
		address := s.claimAddress(c, held, &accepted)
		w, fits := s.resolveChannel(c, &refs)
		o.Findings = judged(&accepted, &refs, "")
		if !accepted.any() {
			o.WebhookPath = "/webhooks/" + s.in.Namespace + "/" + address
		}
		switch {
		case accepted.any():
			o.Absent = "the channel is not accepted"
		case refs.any():
			o.Absent = "not all references of the channel are resolved"
		case w.revision == nil:
			o.Absent = w.absent()
		}
		// Without its Secret a channel is in the plan all the same: senders are told to try again, and not that there is no
		// such channel.
		if !accepted.any() && fits && w.revision != nil {
			secret := s.need(c.Spec.Custom.CredentialsSecretRef.Name, v1alpha1.SigningSecretKey)
			w.channels++
			s.out.Plan.Channels = append(s.out.Plan.Channels, plan.Channel{
				Name: c.Name, Workstream: w.object.Name, Type: string(c.Spec.Type),
				Custom: &plan.Custom{Address: address, Credentials: secret.Secret, CallbackURL: c.Spec.Custom.CallbackURL},
			})
		}
		s.report(o)
	}
}

// addressOf returns the address that a channel asks for, empty if that is none.
func addressOf(c *v1alpha1.Channel) string {
	if c.Spec.Custom == nil {
		return ""
	}
	if address := or(c.Spec.Custom.Address, c.Name); isDNSLabel(address) {
		return address
	}
	return ""
}

// claimAddress returns the channel's address, if it is its own.
func (s *scope) claimAddress(c *v1alpha1.Channel, held claims[string, *v1alpha1.Channel], accepted *problems) string {
	if c.Spec.Custom == nil {
		accepted.add(string(v1alpha1.ChannelReasonInvalid), "spec.custom is required when spec.type is Custom")
		return ""
	}
	address := addressOf(c)
	if address == "" {
		accepted.add(string(v1alpha1.ChannelReasonInvalid), "spec.custom.address: %q is no DNS label", or(c.Spec.Custom.Address, c.Name))
		return ""
	}
	if holder, own := held.holds(address, c); !own {
		accepted.add(string(v1alpha1.ChannelReasonConflict), "spec.custom.address: the older Channel %q has the address %q",
			holder, address)
		return ""
	}
	return address
}

// resolveChannel returns the channel's workstream, if there is one, and whether the channel fits it.
func (s *scope) resolveChannel(c *v1alpha1.Channel, refs *problems) (w *workstream, fits bool) {
	name := string(c.Spec.WorkstreamRef.Name)
	w = s.memory.at[name]
	switch {
	case w == nil:
		refs.add(string(v1alpha1.ChannelReasonWorkstreamNotFound), "spec.workstreamRef: there is no Workstream %q", name)
	case w.object.Spec.Type != v1alpha1.ItemTypeMessaging:
		refs.add(string(v1alpha1.ChannelReasonTypeMismatch), "spec.workstreamRef: Workstream %q is of type %s and has no channels",
			name, w.object.Spec.Type)
	case w.object.Spec.ChannelType != c.Spec.Type:
		refs.add(string(v1alpha1.ChannelReasonTypeMismatch), "spec.workstreamRef: Workstream %q has channels of type %s, not %s",
			name, w.object.Spec.ChannelType, c.Spec.Type)
	}
	fits = !refs.any()
	if custom := c.Spec.Custom; custom != nil {
		if missing := s.missingSecret(custom.CredentialsSecretRef.Name, v1alpha1.SigningSecretKey); missing != "" {
			refs.add(string(v1alpha1.ChannelReasonSecretNotFound), "spec.custom.credentialsSecretRef: %s", missing)
		}
	}
	return w, fits
}
