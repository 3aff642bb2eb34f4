// SPDX-License-Identifier: Apache-2.0

package kubetest

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

func splitDocuments(manifest string) []string {
	var out []string
	for doc := range strings.SplitSeq("\n"+manifest, "\n---\n") {
		if strings.TrimSpace(doc) != "" {
			out = append(out, doc)
		}
	}
	return out
}

// decode reads an object; one without apiVersion is one of ours.
func decode(body []byte) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, &obj.Object); err != nil {
		return nil, fmt.Errorf("reading a manifest: %w", err)
	}
	if obj.GetAPIVersion() == "" {
		obj.SetAPIVersion(routingv1alpha1.GroupVersion.String())
	}
	return obj, nil
}
