// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/manifest"
)

// cluster reads from an API server. It knows no types but ours: a scheme with all of Kubernetes takes longer to build than
// most commands run.
type cluster struct{ client rest.Interface }

func newCluster(cfg *rest.Config) (*cluster, error) {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"}) // for the answers that are errors
	cfg = rest.CopyConfig(cfg)
	cfg.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	cfg.GroupVersion = &schema.GroupVersion{Version: "v1"}
	client, err := rest.RESTClientFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return &cluster{client}, nil
}

// pageSize is how many objects are asked for at a time.
const pageSize = 500

// objects reads all routing objects of a namespace, and the keys of the Secrets that they name.
func (c *cluster) objects(ctx context.Context, namespace string) (*manifest.Set, error) {
	set := manifest.NewSet()
	for _, kind := range manifest.Kinds() {
		path := "/apis/" + v1alpha1.GroupVersion.String() + "/namespaces/" + namespace + "/" + kind.Plural
		err := c.list(ctx, path, "", func(raw []byte) error {
			o, err := kind.Decode(raw)
			if err == nil {
				set.Put(&kind, o)
			}
			return err
		})
		if apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("the cluster has no %s: the CustomResourceDefinitions of %s are not installed",
				kind.Plural, v1alpha1.GroupName)
		}
		if err != nil {
			return nil, fmt.Errorf("listing %s of namespace %s: %w", kind.Plural, namespace, err)
		}
	}
	return set, c.secrets(ctx, set, namespace)
}

// list calls each with every object of a list.
func (c *cluster) list(ctx context.Context, path, selector string, each func(raw []byte) error) error {
	next := ""
	for {
		request := c.client.Get().AbsPath(path).Param("limit", strconv.Itoa(pageSize))
		if selector != "" {
			request.Param("labelSelector", selector)
		}
		if next != "" {
			request.Param("continue", next)
		}
		body, err := request.DoRaw(ctx)
		if err != nil {
			return err
		}
		var list struct {
			Metadata struct{ Continue string }
			Items    []json.RawMessage
		}
		if err := json.Unmarshal(body, &list); err != nil {
			return err
		}
		for _, raw := range list.Items {
			if err := each(raw); err != nil {
				return err
			}
		}
		if next = list.Metadata.Continue; next == "" {
			return nil
		}
	}
}

// secrets asks for the keys of the Secrets that the objects name. Who may not read them knows nothing of them.
func (c *cluster) secrets(ctx context.Context, set *manifest.Set, namespace string) error {
	for _, name := range compile.SecretNames(set.Input(namespace)) {
		body, err := c.client.Get().AbsPath("/api/v1/namespaces/" + namespace + "/secrets/" + name).DoRaw(ctx)
		switch {
		case apierrors.IsNotFound(err):
			set.PutSecret(namespace, name, nil)
			continue
		case apierrors.IsForbidden(err):
			continue
		case err != nil:
			return fmt.Errorf("reading the keys of Secret %s: %w", name, err)
		}
		var secret struct{ Data map[string]json.RawMessage }
		if err := json.Unmarshal(body, &secret); err != nil {
			return fmt.Errorf("reading the keys of Secret %s: %w", name, err)
		}
		set.PutSecret(namespace, name, append([]string{}, slices.Sorted(maps.Keys(secret.Data))...))
	}
	return nil
}
