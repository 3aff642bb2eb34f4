// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/planfeed"
)

// replicaNames are the replicas that must run the plan.
func replicaNames(distributor string) []string {
	if distributor == "" {
		return nil
	}
	names := make([]string, dataplane.Replicas)
	for i := range names {
		names[i] = dataplane.PodName(distributor, i)
	}
	return names
}

// hear takes in what the connected replicas say.
func (r *Reconciler) hear(s *scope) {
	for _, replica := range r.feed.Replicas(s.name, s.distributor) {
		s.replicas[replica.Name] = replica
	}
}

// hold notes since which plan each object's generation is in it.
func (n *namespace) hold(obj object, verdict *compile.Object) {
	uid, generation := obj.GetUID(), obj.GetGeneration()
	if verdict.Absent != "" {
		delete(n.held, uid)
		return
	}
	h, known := n.held[uid]
	switch {
	case known && h.generation == generation:
		return
	case !known && wasProgrammed(obj):
		// This process has just begun to lead. What every replica acknowledged before is in their journals, so it is not
		// put in question while they connect anew.
		n.held[uid] = held{generation: generation}
	default:
		n.held[uid] = held{generation: generation, since: n.sequence}
	}
}

func wasProgrammed(obj object) bool {
	c := meta.FindStatusCondition(obj.GetConditions(), string(routingv1alpha1.ConditionProgrammed))
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == obj.GetGeneration()
}

// programmed judges whether every replica runs a plan that holds the object's generation.
func (s *scope) programmed(obj object, verdict *compile.Object) compile.Finding {
	f := compile.Finding{Condition: routingv1alpha1.ConditionProgrammed, Status: metav1.ConditionFalse}
	say := func(reason routingv1alpha1.ConditionReason, format string, args ...any) compile.Finding {
		f.Reason, f.Message = string(reason), fmt.Sprintf(format, args...)
		return f
	}
	if verdict.Absent != "" {
		return say(routingv1alpha1.ReasonNotInPlan, "%s", verdict.Absent)
	}
	if s.distributor == "" {
		return say(routingv1alpha1.ReasonNotAcknowledged, "the namespace has no Distributor")
	}
	since := s.held[obj.GetUID()].since
	needed := credentialsOf(obj)
	if s.expected == nil {
		s.expected = replicaNames(s.distributor)
	}
	for _, name := range s.expected {
		replica, heard := s.replicas[name]
		if !heard {
			if since == 0 {
				continue
			}
			return say(routingv1alpha1.ReasonNotAcknowledged, "replica %s has not connected yet", name)
		}
		if runs, ok := s.acknowledged(&replica); !ok || runs < since {
			if s.versions[replica.RefusedVersion] >= since && replica.RefusedVersion != "" {
				return say(routingv1alpha1.ReasonRefused, "replica %s refused the plan: %s", name, replica.Refused)
			}
			return say(routingv1alpha1.ReasonNotAcknowledged, "replica %s has not acknowledged the plan yet", name)
		}
		if missing := firstMissing(&replica, needed); missing != "" {
			return say(routingv1alpha1.ReasonCredentialsPending,
				"replica %s does not have usable credentials of Secret %s yet", name, missing)
		}
	}
	f.Status, f.Reason = metav1.ConditionTrue, string(routingv1alpha1.ReasonProgrammed)
	f.Message = "every replica runs a plan with this generation"
	return f
}

// credentialsOf are the keys of Secrets that an object needs at the replicas.
func credentialsOf(obj object) []compile.Credential {
	switch o := obj.(type) {
	case *routingv1alpha1.Channel:
		if o.Spec.Custom != nil {
			return []compile.Credential{{
				Secret: string(o.Spec.Custom.CredentialsSecretRef.Name), Key: routingv1alpha1.SigningSecretKey,
			}}
		}
	case *routingv1alpha1.Distributor:
		if o.Spec.Auth == nil {
			return nil
		}
		var out []compile.Credential
		for i := range o.Spec.Auth.JWT {
			if ref := o.Spec.Auth.JWT[i].JWKSSecretRef; ref != nil {
				out = append(out, compile.Credential{Secret: string(ref.Name), Key: ref.Key})
			}
		}
		return out
	}
	return nil
}

// firstMissing is the first Secret of needed that a replica does not have. A replica names what the plan names: a channel's
// Secret by its name, an issuer's keys by their file.
func firstMissing(replica *planfeed.Replica, needed []compile.Credential) string {
	for _, c := range needed {
		if slices.Contains(replica.MissingCredentials, c.Secret) || slices.Contains(replica.MissingCredentials, c.File()) {
			return c.Secret
		}
	}
	return ""
}
