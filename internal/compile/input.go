// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// Input is everything that the plan of one namespace is made of. It is not changed. Objects that are being deleted count
// as gone, but for those that are held, see Held.
type Input struct {
	Namespace        string
	Workstreams      []v1alpha1.Workstream
	Channels         []v1alpha1.Channel
	ContextVariables []v1alpha1.ContextVariable
	RoutingRulesets  []v1alpha1.RoutingRuleset
	Queues           []v1alpha1.Queue
	Agents           []v1alpha1.Agent
	CapacityProfiles []v1alpha1.CapacityProfile
	OperatingHours   []v1alpha1.OperatingHours
	Distributors     []v1alpha1.Distributor
	// Secrets has the keys of the Secrets that exist, by the Secret's name; never a value. Only those matter that an
	// object names, see SecretNames.
	Secrets map[string][]string
	// Unchanged are the kinds whose lists are the same as in the last compile by the same Compiler, with nothing changed in them.
	// It spares looking, and need not be complete.
	Unchanged map[string]bool
	// LastGood has the last good revision of workstreams, by name. One that cannot be used any more is ignored.
	LastGood Revisions
}

// Revisions has revisions of workstreams, at most one of each.
type Revisions interface {
	// Revision returns that of the workstream of that name, or nil.
	Revision(name string) *Revision
}

// RevisionsByName is Revisions that are in memory.
type RevisionsByName map[string]*Revision

// Revision implements Revisions.
func (r RevisionsByName) Revision(name string) *Revision { return r[name] }

// Revision is all that it takes to keep a workstream in the plan when its objects cannot be compiled. Its JSON is what a
// ControllerRevision holds, under the name in Workstream.Revision.
type Revision struct {
	Workstream plan.Workstream `json:"workstream"`
	// Queues are those that the workstream routes to, by name, as they were: used for the ones that no longer exist.
	Queues []plan.Queue `json:"queues,omitempty"`
	// Profiles are those of which its items need slots, and Calendars the hours of its queues, by name and as they were.
	Profiles  []Profile       `json:"profiles,omitempty"`
	Calendars []plan.Calendar `json:"calendars,omitempty"`
}

// SecretNames returns the names of the Secrets that the objects of in name, each once, in no particular order.
func SecretNames(in *Input) []string {
	seen := map[string]bool{}
	var names []string
	add := func(name v1alpha1.ObjectName) {
		if !seen[string(name)] {
			seen[string(name)] = true
			names = append(names, string(name))
		}
	}
	for i := range in.Channels {
		if custom := in.Channels[i].Spec.Custom; custom != nil {
			add(custom.CredentialsSecretRef.Name)
		}
	}
	for i := range in.Distributors {
		for _, issuer := range issuersOf(&in.Distributors[i]) {
			if ref := issuer.JWKSSecretRef; ref != nil {
				add(ref.Name)
			}
		}
	}
	return names
}

func issuersOf(d *v1alpha1.Distributor) []v1alpha1.JWTIssuer {
	if d.Spec.Auth == nil {
		return nil
	}
	return d.Spec.Auth.JWT
}
