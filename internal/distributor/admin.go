// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"io"
	"net/http"
	"net/http/pprof"

	"workstream.dev/operator/internal/telemetry"
)

// adminHandler serves what the cluster asks, not customers: health, readiness, metrics.
func (a *App) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if why := a.notAlive(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := a.notReady(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.Handle("GET /metrics", telemetry.Handler(a.registry))
	if a.cfg.Profiling {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	}
	return mux
}

// notAlive says why the process can only be helped by starting it again, or nothing.
func (a *App) notAlive() string {
	if loop := a.serving.Load(); loop != nil && !a.stopping.Load() && loop.pulse.silence() > hungAfter {
		return "the loop does not turn any more"
	}
	return ""
}

// notReady says why requests cannot be answered, or nothing.
func (a *App) notReady() string {
	loop := a.serving.Load()
	switch {
	case a.stopping.Load():
		return "stopping"
	case loop == nil || !loop.Ready():
		return "recovering the state from the journal"
	case a.view.PlanVersion() == "":
		return "waiting for the first plan"
	}
	return ""
}
