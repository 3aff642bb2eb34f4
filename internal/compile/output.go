// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"iter"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/ruletest"
)

// Output is the plan of a namespace with what is to be said of its objects.
type Output struct {
	// Plan is ready to be asked; Body is its canonical encoding and Version the hash of that.
	Plan    *plan.Plan
	Body    []byte
	Version string
	// Objects has an entry for every object that counts, by kind, sorted by name: not for those being deleted and not held.
	Objects map[string][]Object
	// Credentials are the keys of Secrets that the distributor needs for this plan, sorted.
	Credentials []Credential
}

// Object is what is to be said of one object.
type Object struct {
	Kind string
	Name string
	// Findings are one for Accepted and one for ResolvedRefs, in this order, good news included.
	Findings []Finding
	// Absent is why the plan does not hold this generation of the object, in the user's words. It is empty when the plan
	// holds it.
	Absent string
	// Revision is what the plan has of a Workstream, to be stored under its name. It is nil for other kinds, and for a
	// workstream that is not in the plan.
	Revision *Revision
	// Retained says that Revision is the last good one and not what the objects say now.
	Retained bool
	// WebhookPath is where the webhooks of a Channel arrive. It is empty for other kinds, and for a channel whose
	// address is not its own.
	WebhookPath string
	// Tests are what came of the tests of a RoutingRuleset; none have run of one that is not accepted for another reason.
	Tests  []ruletest.Outcome
	Counts Counts
}

// Counts are the counts in an object's status; which of them apply depends on the kind.
type Counts struct {
	Channels    int32 // of a Workstream, those in the plan
	Rules       int32 // of a Workstream's revision; of a RoutingRuleset
	Agents      int32 // of a Queue; who have slots of a CapacityProfile
	Queues      int32 // of an Agent, those in the plan; that keep OperatingHours
	Workstreams int32 // that use a RoutingRuleset; whose items need slots of a CapacityProfile
}

// Finding is the status of one condition of an object.
type Finding struct {
	Condition v1alpha1.ConditionType
	Status    metav1.ConditionStatus
	Reason    string
	Message   string
	// Problems are what the message of a condition that is False is made of: the first 32, and how many there are more.
	Problems []Problem
	More     int
}

// Problem is one thing that is wrong. Text begins with where: a path in the object, or in a RoutingRuleset that it names.
type Problem struct {
	Reason string
	Text   string
}

// Credential is a key of a Secret.
type Credential struct {
	Secret string
	Key    string
}

// File is the name of the file with the credential's value, in the folder where the distributor has them mounted.
func (c Credential) File() string { return c.Secret + "." + c.Key }

// Object returns what is to be said of the object of that kind and name, or nil if there is none.
func (o *Output) Object(kind, name string) *Object {
	objects := o.Objects[kind]
	i, ok := slices.BinarySearchFunc(objects, name, func(a Object, name string) int { return strings.Compare(a.Name, name) })
	if !ok {
		return nil
	}
	return &objects[i]
}

// All goes through what is to be said of all objects, by kind and name.
func (o *Output) All() iter.Seq[*Object] {
	return func(yield func(*Object) bool) {
		for _, kind := range slices.Sorted(maps.Keys(o.Objects)) {
			for i := range o.Objects[kind] {
				if !yield(&o.Objects[kind][i]) {
					return
				}
			}
		}
	}
}
