// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
)

// observe runs a handler between what holds for all of them: headers, a net under panics, log, metrics.
func (a *API) observe(w http.ResponseWriter, r *http.Request, pattern string, handler http.Handler) {
	start := a.now()
	rec := &recorder{ResponseWriter: w}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	defer func() {
		if v := recover(); v != nil {
			// Its type only: the value may have a customer's words in it.
			a.Log.Error("Panicking handler", "route", pattern, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			if rec.status == 0 {
				fault().Write(rec)
			}
		}
		took := a.now().Sub(start)
		a.Log.Debug("Answered", "method", r.Method, "route", pattern, "status", rec.status, "took", took)
		a.metrics.observe(pattern, rec.status, took)
	}()
	handler.ServeHTTP(rec, r)
}

// recorder remembers the status.
type recorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Hijack notes that the connection is no longer HTTP.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.status = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
