// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

const (
	defaultSize = "10Gi"
	// gracePeriod is what a pod has for answering what it accepted.
	gracePeriod = 40
	// tokenLife is how long the token for the plan feed is good; the kubelet renews it before.
	tokenLife = 3600
	// secretMode lets the pod's group read, and nobody else.
	secretMode = 0o440
	// startupProbes is how many seconds the replay of a journal may take.
	startupProbes = 600
)

func (o *Options) statefulSet(d *routingv1alpha1.Distributor) *appsv1ac.StatefulSetApplyConfiguration {
	return appsv1ac.StatefulSet(WorkloadName(d.Name), d.Namespace).
		WithLabels(labels(d.Name)).WithOwnerReferences(owner(d)).
		WithSpec(appsv1ac.StatefulSetSpec().
			WithReplicas(Replicas).
			WithServiceName(headlessName(d.Name)).
			WithSelector(metav1ac.LabelSelector().WithMatchLabels(selector(d.Name))).
			WithPodManagementPolicy(appsv1.ParallelPodManagement).
			WithUpdateStrategy(appsv1ac.StatefulSetUpdateStrategy().WithType(appsv1.RollingUpdateStatefulSetStrategyType)).
			WithPersistentVolumeClaimRetentionPolicy(appsv1ac.StatefulSetPersistentVolumeClaimRetentionPolicy().
				WithWhenDeleted(appsv1.RetainPersistentVolumeClaimRetentionPolicyType).
				WithWhenScaled(appsv1.RetainPersistentVolumeClaimRetentionPolicyType)).
			WithVolumeClaimTemplates(journalClaim(d)).
			WithTemplate(corev1ac.PodTemplateSpec().
				WithLabels(labels(d.Name)).
				WithAnnotations(map[string]string{"kubectl.kubernetes.io/default-container": container}).
				WithSpec(o.podSpec(d))))
}

// journalClaim is where the journal is. It has no labels of ours: it outlives the Distributor.
func journalClaim(d *routingv1alpha1.Distributor) *corev1ac.PersistentVolumeClaimApplyConfiguration {
	size, class := defaultSize, ""
	if s := d.Spec.Storage; s != nil {
		class = s.Embedded.StorageClassName
		if s.Embedded.Size != "" {
			size = s.Embedded.Size
		}
	}
	spec := corev1ac.PersistentVolumeClaimSpec().
		WithAccessModes(corev1.ReadWriteOnce).
		WithVolumeMode(corev1.PersistentVolumeFilesystem).
		WithResources(corev1ac.VolumeResourceRequirements().
			WithRequests(corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}))
	if class != "" {
		spec = spec.WithStorageClassName(class)
	}
	// Not by its constructor: a template has no kind, and would differ from what is there for ever.
	return new(corev1ac.PersistentVolumeClaimApplyConfiguration).WithName(claim).WithSpec(spec)
}

func (o *Options) podSpec(d *routingv1alpha1.Distributor) *corev1ac.PodSpecApplyConfiguration {
	return corev1ac.PodSpec().
		WithServiceAccountName(WorkloadName(d.Name)).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(gracePeriod).
		WithSecurityContext(corev1ac.PodSecurityContext().
			WithRunAsNonRoot(true).WithRunAsUser(userID).WithRunAsGroup(userID).WithFSGroup(userID).
			// A journal may have many files; their owner is looked at once, not at every start.
			WithFSGroupChangePolicy(corev1.FSGroupChangeOnRootMismatch).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithContainers(o.container(d)).
		WithVolumes(
			corev1ac.Volume().WithName("tmp").WithEmptyDir(corev1ac.EmptyDirVolumeSource()),
			corev1ac.Volume().WithName("credentials").WithSecret(corev1ac.SecretVolumeSource().
				WithSecretName(CredentialsName(d.Name)).WithOptional(true).WithDefaultMode(secretMode)),
			corev1ac.Volume().WithName("planfeed").WithProjected(planfeedVolume()))
}

func planfeedVolume() *corev1ac.ProjectedVolumeSourceApplyConfiguration {
	return corev1ac.ProjectedVolumeSource().WithDefaultMode(secretMode).WithSources(
		corev1ac.VolumeProjection().WithServiceAccountToken(corev1ac.ServiceAccountTokenProjection().
			WithAudience(PlanFeedAudience).WithExpirationSeconds(tokenLife).WithPath(tokenFile)),
		corev1ac.VolumeProjection().WithConfigMap(corev1ac.ConfigMapProjection().
			WithName(CABundleConfigMap).
			WithItems(corev1ac.KeyToPath().WithKey(CABundleKey).WithPath(CABundleKey))))
}

func (o *Options) container(d *routingv1alpha1.Distributor) *corev1ac.ContainerApplyConfiguration {
	return corev1ac.Container().
		WithName(container).
		WithImage(o.Image).
		WithImagePullPolicy(corev1.PullIfNotPresent).
		WithCommand("/distributor").
		WithArgs(
			"--namespace="+d.Namespace,
			"--distributor="+d.Name,
			"--replica=$(POD_NAME)",
			"--listen=:8080",
			"--admin-listen=:9090",
			"--data-dir="+dataDir,
			"--credentials-dir="+mountedAt,
			"--planfeed-address="+o.PlanFeedAddress,
			"--planfeed-ca="+planfeedDir+"/"+CABundleKey,
			"--planfeed-token="+planfeedDir+"/"+tokenFile,
		).
		WithEnv(
			corev1ac.EnvVar().WithName("POD_NAME").WithValueFrom(corev1ac.EnvVarSource().
				WithFieldRef(corev1ac.ObjectFieldSelector().WithAPIVersion("v1").WithFieldPath("metadata.name"))),
			// Nine tenths of the limit below: before that is reached, garbage is collected more often.
			corev1ac.EnvVar().WithName("GOMEMLIMIT").WithValue("1843MiB")).
		WithPorts(
			corev1ac.ContainerPort().WithName("http").WithContainerPort(httpPort).WithProtocol(corev1.ProtocolTCP),
			corev1ac.ContainerPort().WithName("admin").WithContainerPort(adminPort).WithProtocol(corev1.ProtocolTCP)).
		WithStartupProbe(probe("/healthz").WithPeriodSeconds(1).WithFailureThreshold(startupProbes)).
		WithReadinessProbe(probe("/readyz").WithPeriodSeconds(1).WithFailureThreshold(3)).
		WithLivenessProbe(probe("/healthz").WithPeriodSeconds(10).WithFailureThreshold(6)).
		WithResources(corev1ac.ResourceRequirements().
			WithRequests(corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("100m"),
				corev1.ResourceMemory: resource.MustParse("128Mi"),
			}).
			WithLimits(corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("2Gi")})).
		WithSecurityContext(corev1ac.SecurityContext().
			WithAllowPrivilegeEscalation(false).WithReadOnlyRootFilesystem(true).WithRunAsNonRoot(true).
			WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))).
		WithVolumeMounts(
			corev1ac.VolumeMount().WithName(claim).WithMountPath(dataDir),
			corev1ac.VolumeMount().WithName("tmp").WithMountPath("/tmp"),
			corev1ac.VolumeMount().WithName("credentials").WithMountPath(mountedAt).WithReadOnly(true),
			corev1ac.VolumeMount().WithName("planfeed").WithMountPath(planfeedDir).WithReadOnly(true))
}

func probe(path string) *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().WithTimeoutSeconds(2).
		WithHTTPGet(corev1ac.HTTPGetAction().WithPath(path).WithPort(intstr.FromString("admin")))
}
