// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"fmt"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

const (
	// FieldManager owns what this controller applies.
	FieldManager = "workstream-dataplane"
	// CABundleConfigMap has the authorities of the plan feed, in every namespace with a Distributor.
	CABundleConfigMap = "workstream-planfeed-ca"
	// CABundleKey is the key in it.
	CABundleKey = "ca.crt"
	// CredentialsAnnotation on pods and on the credentials Secret is the hash of the credentials. A pod is annotated
	// when they change, because that makes the kubelet look at the mount at once.
	CredentialsAnnotation = routingv1alpha1.GroupName + "/credentials-hash"

	// LabelManagedBy and its value are on everything that is applied; the manager's cache sees nothing else of these kinds.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "workstream-manager"

	labelName     = "app.kubernetes.io/name"
	labelInstance = "app.kubernetes.io/instance"

	appName     = "workstream-distributor"
	container   = "distributor"
	claim       = "journal"
	dataDir     = "/var/lib/workstream"
	mountedAt   = "/var/run/workstream/credentials"
	planfeedDir = "/var/run/workstream/planfeed"
	tokenFile   = "token"
	httpPort    = 8080
	adminPort   = 9090
	// userID is the distroless image's nonroot.
	userID = 65532
	// Replicas is how many pods a Distributor has: its journal is on one volume, which has one writer.
	Replicas = 1
)

// WorkloadName is the name of a Distributor's StatefulSet, ServiceAccount, API Service and NetworkPolicy.
func WorkloadName(distributor string) string { return "workstream-" + distributor }

// CredentialsName is the name of the Secret with a Distributor's credentials.
func CredentialsName(distributor string) string { return WorkloadName(distributor) + "-credentials" }

// PodName is the name of a Distributor's replica.
func PodName(distributor string, ordinal int) string {
	return fmt.Sprintf("%s-%d", WorkloadName(distributor), ordinal)
}

// headlessName is the name of the Service that names the pods.
func headlessName(distributor string) string { return WorkloadName(distributor) + "-pods" }

// selector is what a Distributor's pods are found by.
func selector(distributor string) map[string]string {
	return map[string]string{labelName: appName, labelInstance: distributor}
}

// labels are on all objects of a Distributor.
func labels(distributor string) map[string]string {
	return map[string]string{
		labelName:                        appName,
		labelInstance:                    distributor,
		LabelManagedBy:                   ManagedBy,
		routingv1alpha1.LabelDistributor: distributor,
	}
}
