// SPDX-License-Identifier: Apache-2.0

package provision

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func options(parameters map[string]string) controller.ProvisionOptions {
	reclaim := corev1.PersistentVolumeReclaimDelete
	claim := &corev1.PersistentVolumeClaim{}
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")}
	return controller.ProvisionOptions{
		StorageClass: &storagev1.StorageClass{Parameters: parameters, ReclaimPolicy: &reclaim},
		PVName:       "pvc-1", PVC: claim,
	}
}

func TestProvisionAndDelete(t *testing.T) {
	p := Provisioner{Dir: t.TempDir(), Node: "n"}
	volume, _, err := p.Provision(context.Background(), options(nil))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(p.Dir, "pvc-1")
	if volume.Spec.Local.Path != dir {
		t.Errorf("unexpected path %s", volume.Spec.Local.Path)
	}
	if err := p.Delete(context.Background(), volume); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestProvisionRefusesUnknownMedium(t *testing.T) {
	p := Provisioner{Dir: t.TempDir()}
	if _, _, err := p.Provision(context.Background(), options(map[string]string{"medium": "Tape"})); err == nil {
		t.Error("accepted")
	}
}

func TestDeleteLeavesForeignFolders(t *testing.T) {
	other := t.TempDir()
	volume := &corev1.PersistentVolume{}
	volume.Spec.Local = &corev1.LocalVolumeSource{Path: other}
	ignored := &controller.IgnoredError{}
	if err := (Provisioner{Dir: t.TempDir()}).Delete(context.Background(), volume); !errors.As(err, &ignored) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}
