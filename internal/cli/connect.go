// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// connection is how a cluster is found: the flags that kubectl has, with the same meaning.
type connection struct {
	kubeconfig string
	context    string
	namespace  string
}

func (c *connection) bind(flags *pflag.FlagSet) {
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "path of the kubeconfig file; unset: $KUBECONFIG or ~/.kube/config")
	flags.StringVar(&c.context, "context", "", "name of the kubeconfig context; unset: the current one")
	flags.StringVarP(&c.namespace, "namespace", "n", "", "namespace; unset: that of the files, or of the kubeconfig context")
}

// loader reads the kubeconfig when it is asked for something, and not before.
func (c *connection) loader() clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: c.context, Context: api.Context{Namespace: c.namespace}}
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
}

// config is how the API server is reached.
func (c *connection) config() (*rest.Config, error) {
	cfg, err := c.loader().ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	cfg.UserAgent = "kubectl-workstream"
	cfg.QPS, cfg.Burst = 50, 100
	return cfg, nil
}

// clusterNamespace is the namespace to look at in a cluster: --namespace, or that of the context.
func (c *connection) clusterNamespace() (string, error) {
	namespace, _, err := c.loader().Namespace()
	if err != nil {
		return "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return namespace, nil
}
