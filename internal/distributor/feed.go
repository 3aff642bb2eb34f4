// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"workstream.dev/operator/internal/channel/custom"
	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed"
)

const (
	// planRetry is how long a plan waits that the journal could not take.
	planRetry = time.Second
	// credentialCheck is how often mounted credentials are looked for.
	credentialCheck = time.Second
)

// activator puts plans into force.
type activator interface {
	Activate(ctx context.Context, p *plan.Plan) (event.Result, error)
}

// feed takes plans from the manager into use and says which credentials they lack.
type feed struct {
	namespace   string
	loop        activator
	current     func() (version string, p *plan.Plan)
	credentials *credential.Dir
	client      *planfeed.Client
	refused     func() // counts
	log         *slog.Logger
}

// run watches until ctx ends. What the journal knows is acknowledged first, so it is not sent again.
func (f *feed) run(ctx context.Context) {
	if version, p := f.current(); version != "" {
		f.client.Acknowledge(version, planfeed.Ack{MissingCredentials: f.missing(p)})
	}
	var wait sync.WaitGroup
	wait.Go(func() { f.watchCredentials(ctx) })
	_ = f.client.Watch(ctx, f.handle) // ends with ctx only
	wait.Wait()
}

// handle implements planfeed.Handler.
func (f *feed) handle(ctx context.Context, u planfeed.Update) planfeed.Ack {
	version := u.Version
	_, base := f.current()
	p, err := plan.Assemble(u.Manifest, base, func(id plan.PartID) ([]byte, error) {
		if body := u.Parts[id]; body != nil {
			return body, nil
		}
		return nil, fmt.Errorf("its part %s did not come with it", id)
	})
	if err == nil && p.Namespace != f.namespace {
		err = fmt.Errorf("the plan is for namespace %s, this distributor serves %s", p.Namespace, f.namespace)
	}
	if err != nil {
		return f.refuse(version, err.Error())
	}
	retry := time.NewTicker(planRetry)
	defer retry.Stop()
	for try := 0; ; try++ {
		res, err := f.loop.Activate(ctx, p)
		switch {
		case err == nil && res.Rejected != nil:
			return f.refuse(version, res.Rejected.Message)
		case errors.Is(err, ingress.ErrTooLarge):
			return f.refuse(version, err.Error())
		case err == nil:
			f.log.Info("Activated a plan", "version", version, "workstreams", len(p.Workstreams), "agents", len(p.Agents))
			return planfeed.Ack{MissingCredentials: f.missing(p)}
		case errors.Is(err, ingress.ErrFull) && try == 0:
			// It is tried again, but somebody should know what it waits for.
			f.client.Acknowledge(version, planfeed.Ack{Refused: err.Error()})
		}
		f.log.Warn("Activating a plan", "version", version, "error", err)
		select {
		case <-ctx.Done():
			return planfeed.Ack{Refused: ingress.ErrStopping.Error()}
		case <-retry.C:
		}
	}
}

func (f *feed) refuse(version, why string) planfeed.Ack {
	f.refused()
	f.log.Error("Refused a plan", "version", version, "reason", why)
	return planfeed.Ack{Refused: why}
}

// watchCredentials tells the manager when credentials appear or go.
func (f *feed) watchCredentials(ctx context.Context) {
	check := time.NewTicker(credentialCheck)
	defer check.Stop()
	var told string
	var missed []string
	for {
		select {
		case <-ctx.Done():
			return
		case <-check.C:
		}
		version, p := f.current()
		if version == "" {
			continue
		}
		missing := f.missing(p)
		if version == told && slices.Equal(missing, missed) {
			continue
		}
		told, missed = version, missing
		if len(missing) > 0 {
			f.log.Warn("Waiting for credentials that can be used", "missing", missing)
		}
		f.client.Acknowledge(version, planfeed.Ack{MissingCredentials: missing})
	}
}

// usable says what is wrong with a mounted credential: a channel's signing secret, or an issuer's keys.
func usable(name string, body []byte) error {
	if strings.HasSuffix(name, "."+custom.SecretKey) {
		_, err := custom.Keys(body)
		return err
	}
	return auth.CheckKeySet(body)
}

// missing returns what p names and is not mounted, or cannot be used: the secret of a channel, the file of an issuer.
func (f *feed) missing(p *plan.Plan) []string {
	var names []string
	for i := range p.Channels {
		c := p.Channels[i].Custom
		if err := f.credentials.Problem(c.Credentials + "." + custom.SecretKey); err != nil {
			names = append(names, c.Credentials)
		}
	}
	for i := range p.Issuers {
		if file := p.Issuers[i].JWKSFile; file != "" {
			if err := f.credentials.Problem(file); err != nil {
				names = append(names, file)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
