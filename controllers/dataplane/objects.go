// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

// owned is one object that a Distributor needs, with an empty one of its kind for reading what is there.
type owned struct {
	live    client.Object
	desired runtime.ApplyConfiguration
}

// desired are the objects that d needs, besides its credentials, in the order in which they are applied: what pods mount
// and run as comes before them.
func (o *Options) desired(d *routingv1alpha1.Distributor, caBundle []byte) []owned {
	return []owned{
		{&corev1.ServiceAccount{}, serviceAccount(d)},
		{&corev1.ConfigMap{}, caConfigMap(d, caBundle)},
		{&networkingv1.NetworkPolicy{}, networkPolicy(d)},
		{&corev1.Service{}, headlessService(d)},
		{&corev1.Service{}, apiService(d)},
		{&appsv1.StatefulSet{}, o.statefulSet(d)},
	}
}

// owner makes the garbage collector remove an object with its Distributor.
func owner(d *routingv1alpha1.Distributor) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(routingv1alpha1.GroupVersion.String()).WithKind(routingv1alpha1.KindDistributor).
		WithName(d.Name).WithUID(d.UID).WithController(true).WithBlockOwnerDeletion(true)
}

// serviceAccount is who the pods are towards the plan feed. It may do nothing in the cluster.
func serviceAccount(d *routingv1alpha1.Distributor) *corev1ac.ServiceAccountApplyConfiguration {
	return corev1ac.ServiceAccount(WorkloadName(d.Name), d.Namespace).
		WithLabels(labels(d.Name)).WithOwnerReferences(owner(d)).
		WithAutomountServiceAccountToken(false)
}

func caConfigMap(d *routingv1alpha1.Distributor, bundle []byte) *corev1ac.ConfigMapApplyConfiguration {
	return corev1ac.ConfigMap(CABundleConfigMap, d.Namespace).
		WithLabels(labels(d.Name)).WithOwnerReferences(owner(d)).
		WithData(map[string]string{CABundleKey: string(bundle)})
}

// networkPolicy lets in what the pods serve. They go out to wherever callbacks and keys are.
func networkPolicy(d *routingv1alpha1.Distributor) *networkingv1ac.NetworkPolicyApplyConfiguration {
	port := func(n int32) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
		return networkingv1ac.NetworkPolicyPort().WithProtocol(corev1.ProtocolTCP).WithPort(intstr.FromInt32(n))
	}
	return networkingv1ac.NetworkPolicy(WorkloadName(d.Name), d.Namespace).
		WithLabels(labels(d.Name)).WithOwnerReferences(owner(d)).
		WithSpec(networkingv1ac.NetworkPolicySpec().
			WithPodSelector(metav1ac.LabelSelector().WithMatchLabels(selector(d.Name))).
			WithPolicyTypes(networkingv1.PolicyTypeIngress).
			WithIngress(networkingv1ac.NetworkPolicyIngressRule().WithPorts(port(httpPort), port(adminPort))))
}

// headlessService names the pods, also while they are not ready.
func headlessService(d *routingv1alpha1.Distributor) *corev1ac.ServiceApplyConfiguration {
	return corev1ac.Service(headlessName(d.Name), d.Namespace).
		WithLabels(labels(d.Name)).WithOwnerReferences(owner(d)).
		WithSpec(corev1ac.ServiceSpec().
			WithClusterIP(corev1.ClusterIPNone).WithPublishNotReadyAddresses(true).WithSelector(selector(d.Name)).
			WithPorts(servicePort("http", httpPort), servicePort("admin", adminPort)))
}

// apiService is where channels, agents and supervisors come in.
func apiService(d *routingv1alpha1.Distributor) *corev1ac.ServiceApplyConfiguration {
	return corev1ac.Service(WorkloadName(d.Name), d.Namespace).
		WithLabels(labels(d.Name)).WithOwnerReferences(owner(d)).
		WithSpec(corev1ac.ServiceSpec().
			WithType(corev1.ServiceTypeClusterIP).WithSelector(selector(d.Name)).
			WithPorts(servicePort("http", httpPort)))
}

func servicePort(name string, port int32) *corev1ac.ServicePortApplyConfiguration {
	return corev1ac.ServicePort().WithName(name).WithProtocol(corev1.ProtocolTCP).
		WithPort(port).WithTargetPort(intstr.FromString(name))
}
