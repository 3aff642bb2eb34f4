// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// planFeedService is the Service that leads to the managers' plan feeds; see config/manager.
const planFeedService = "workstream-manager-planfeed"

// The Secrets that keep the certificates of the plan feed and of the webhook, in the manager's namespace.
const (
	PlanFeedSecret = "workstream-manager-planfeed-tls"
	WebhookSecret  = "workstream-manager-webhook-tls"
)

// Options configure the operator. Addresses may end in :0, in tests.
type Options struct {
	// Namespace is the operator's own.
	Namespace string
	// Identity is the name of this process among its replicas: the pod's.
	Identity string
	// DistributorImage is what Distributors run. Empty, it is the image of the pod that Identity names: however the manager
	// was deployed, both are of one version.
	DistributorImage string
	// LeaderElect is whether several replicas may run; without it, this must be the only one.
	LeaderElect bool
	// MetricsAddress and ProbeAddress may be "0" for none.
	MetricsAddress  string
	ProbeAddress    string
	PlanFeedAddress string
	// WebhookAddress is where the API server asks about objects, "0" for nowhere. Its port cannot be 0.
	WebhookAddress string
	// WebhookCertDir has tls.crt and tls.key for the webhook, kept by somebody else who also tells the API server whom to
	// trust. Empty, this manager does both.
	WebhookCertDir string
	// Profiling also serves /debug/pprof on MetricsAddress.
	Profiling bool
	Log       *slog.Logger
}

// How long a leader leads without reaching the API server. It outlives an API server that is gone for a minute, instead
// of ending the process; a manager that is stopped gives the lease back, and one that crashed has its own name again.
const (
	leaseDuration = 90 * time.Second
	renewDeadline = 75 * time.Second
	retryPeriod   = 3 * time.Second
)

func (o *Options) validate() error {
	switch {
	case o.Namespace == "":
		return errors.New("the operator's own namespace is not given")
	case o.LeaderElect && o.Identity == "":
		return errors.New("leader election needs the name of this process")
	case o.DistributorImage == "" && o.Identity == "":
		return errors.New("neither the distributors' image nor the manager's own pod is given")
	case o.Log == nil:
		return errors.New("there is no log")
	}
	return nil
}

// metrics says where metrics are served, and profiles with them.
func (o *Options) metrics() metricsserver.Options {
	out := metricsserver.Options{BindAddress: o.MetricsAddress}
	if o.Profiling {
		out.ExtraHandlers = map[string]http.Handler{
			"/debug/pprof/":        http.HandlerFunc(pprof.Index),
			"/debug/pprof/profile": http.HandlerFunc(pprof.Profile),
		}
	}
	return out
}

// serverName is what the certificate of one of our Services is for.
func (o *Options) serverName(service string) string { return service + "." + o.Namespace + ".svc" }

// planFeedTarget is where distributors find the plan feed: the port of the Service is that of the process.
func (o *Options) planFeedTarget() string {
	_, port, err := net.SplitHostPort(o.PlanFeedAddress)
	if err != nil || port == "0" {
		port = "9443"
	}
	return net.JoinHostPort(o.serverName(planFeedService), port)
}
