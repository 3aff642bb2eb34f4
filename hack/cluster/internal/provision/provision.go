// SPDX-License-Identifier: Apache-2.0

// Package provision makes PersistentVolumes for claims: folders and small memory file systems.
package provision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Name is the provisioner's name in StorageClasses.
const Name = "workstream.dev/local-folder"

// Provisioner makes a volume as a folder below Dir. It makes `local` volumes, not `hostPath`: the
// kubelet gives only the former to a pod's fsGroup, and our pods do not run as root.
type Provisioner struct {
	// Dir is the folder that holds one folder per volume.
	Dir string
	// Node is the name of the only node.
	Node string
}

// Run serves claims until the context ends.
func Run(ctx context.Context, kubeconfig string, p Provisioner) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making the client: %w", err)
	}
	controller.NewProvisionController(ctx, client, Name, p, controller.LeaderElection(false)).Run(ctx)
	return nil
}

// Provision makes the folder of a claim and describes it.
func (p Provisioner) Provision(
	_ context.Context, o controller.ProvisionOptions,
) (*corev1.PersistentVolume, controller.ProvisioningState, error) {
	if mode := o.PVC.Spec.VolumeMode; mode != nil && *mode != corev1.PersistentVolumeFilesystem {
		return nil, controller.ProvisioningFinished, fmt.Errorf("volume mode %s is not supported", *mode)
	}
	size := o.PVC.Spec.Resources.Requests[corev1.ResourceStorage]
	dir := filepath.Join(p.Dir, o.PVName)
	if err := p.create(dir, o.StorageClass.Parameters["medium"], size.Value()); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: corev1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			AccessModes:                   o.PVC.Spec.AccessModes,
			MountOptions:                  o.StorageClass.MountOptions,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: size},
			PersistentVolumeSource:        corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: dir}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{
					Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{p.Node},
				}},
			}}}},
		},
	}, controller.ProvisioningFinished, nil
}

// create makes the folder as root's own, like a fresh disk: a pod that forgets fsGroup fails here
// as it would on a real cluster.
func (p Provisioner) create(dir, medium string, size int64) error {
	if medium != "" && medium != "Memory" {
		return fmt.Errorf("making the volume: medium %q is not known, only Memory", medium)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the volume: %w", err)
	}
	if medium == "" || mounted(dir) {
		return nil
	}
	options := fmt.Sprintf("size=%d,mode=0755", size)
	if err := unix.Mount("workstream-volume", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		return fmt.Errorf("mounting the volume: %w", err)
	}
	return nil
}

// Delete removes the folder of a volume.
func (p Provisioner) Delete(_ context.Context, volume *corev1.PersistentVolume) error {
	local := volume.Spec.Local
	if local == nil || filepath.Dir(local.Path) != filepath.Clean(p.Dir) {
		return &controller.IgnoredError{Reason: "the volume is not in the provisioner's folder"}
	}
	if mounted(local.Path) {
		if err := unix.Unmount(local.Path, 0); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("unmounting the volume: %w", err)
		}
	}
	if err := os.RemoveAll(local.Path); err != nil {
		return fmt.Errorf("removing the volume: %w", err)
	}
	return nil
}

// mounted says whether a file system of its own is mounted on the folder.
func mounted(dir string) bool {
	var here, above unix.Stat_t
	if unix.Stat(dir, &here) != nil || unix.Stat(filepath.Dir(dir), &above) != nil {
		return false
	}
	return here.Dev != above.Dev
}
