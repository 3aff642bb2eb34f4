// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The parts of the time to stop that a callback or a client may use up. The rest is for the journal.
const (
	deliveriesPart = 3 // one third
	requestsPart   = 4 // a quarter
)

// shutdown stops whatever was started.
func (a *App) shutdown(ctx context.Context) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Shutdown)
	defer cancel()
	a.stopping.Store(true) // not ready any more, and nothing is taken in
	var errs []error
	if a.loopEnded != nil {
		errs = append(errs, a.stopServing(ctx)...)
		a.loop.Stop()
		select {
		case <-a.loopEnded:
		case <-ctx.Done():
			errs = append(errs, errors.New("the loop did not finish in time; the journal has what was answered"))
		}
		a.abortLoop()
		<-a.loopEnded
	}
	if a.dispatcher != nil {
		_ = a.dispatcher.Stop(ctx) // again for a start that failed, where it has nothing to do
	}
	errs = append(errs, a.release(ctx)...)
	a.running.Wait()
	a.cfg.Log.Info("Stopped the distributor", "took", time.Since(began))
	return errors.Join(errs...)
}

// stopServing lets go of clients, callbacks and the manager, while the loop still writes what they cause.
func (a *App) stopServing(ctx context.Context) (errs []error) {
	a.stopWork() // before the streams end: that their agents are gone is for the next start to write, all at once
	a.view.CloseStreams()
	part := func(n time.Duration) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, a.cfg.Shutdown/n)
	}
	requests, cancel := part(requestsPart)
	defer cancel()
	if err := a.apiServer.Shutdown(requests); err != nil {
		errs = append(errs, fmt.Errorf("waiting for requests: %w", err), a.apiServer.Close())
	}
	if err := a.streams.Wait(requests); err != nil {
		errs = append(errs, fmt.Errorf("waiting for streams: %w", err))
	}
	deliveries, cancel := part(deliveriesPart)
	defer cancel()
	if err := a.dispatcher.Stop(deliveries); err != nil {
		a.cfg.Log.Info("Cancelled deliveries that are under way, they go out again after the next start", "error", err)
	}
	return errs
}

// release closes what the process holds.
func (a *App) release(ctx context.Context) (errs []error) {
	if a.storage != nil {
		errs = append(errs, a.storage.close())
	}
	if a.apiServer != nil {
		errs = append(errs, a.apiServer.Close())
	}
	if a.api != nil {
		_ = a.api.Close() // the server has closed it already, unless it was never served
	}
	if a.adminServer != nil {
		errs = append(errs, a.adminServer.Shutdown(ctx))
	}
	if a.admin != nil {
		_ = a.admin.Close()
	}
	return errs
}
