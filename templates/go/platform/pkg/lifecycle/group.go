// Package lifecycle starts the components of a service in order and stops them
// in reverse order, so that nothing is used before it is up or after it is down.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// State is the phase a Group is in.
type State int32

// A group goes through its states in this order. It may skip Running and
// Draining when a component fails.
const (
	// New has not been run.
	New State = iota + 1
	// Starting is starting its components.
	Starting
	// Running serves.
	Running
	// Draining still serves but asks to be taken out of load balancing.
	Draining
	// Stopping is stopping its components.
	Stopping
	// Stopped has ended as asked.
	Stopped
	// Failed has ended because of an error.
	Failed
)

// String returns the state as shown by the readiness probe.
func (s State) String() string {
	names := [...]string{"new", "starting", "running", "draining", "stopping", "stopped", "failed"}
	if s < New || s > Failed {
		return fmt.Sprintf("state(%d)", int32(s))
	}
	return names[s-New]
}

// Timeouts bounds the phases of a group.
type Timeouts struct {
	// Start is the time that all components together may take to start.
	Start time.Duration
	// Drain is how long the group keeps serving after it was told to stop,
	// while load balancers notice that it is no longer ready.
	Drain time.Duration
	// Stop is the time that all components together may take to stop. Each may
	// take half of what those before it have left.
	Stop time.Duration
}

// Group owns the components of a service. Build it, Add in start order, Run once.
type Group struct {
	log        *slog.Logger
	timeouts   Timeouts
	components []Component
	state      atomic.Int32
	failures   chan error
}

// NewGroup returns an empty group.
func NewGroup(log *slog.Logger, timeouts Timeouts) *Group {
	g := &Group{log: log, timeouts: timeouts, failures: make(chan error, 1)}
	g.state.Store(int32(New))
	return g
}

// Add appends a component; it starts after, and stops before, those added earlier.
func (g *Group) Add(c Component) { g.components = append(g.components, c) }

// State returns the present phase. It is safe for concurrent use.
func (g *Group) State() State { return State(g.state.Load()) }

// Fail ends a running group with err. The first failure wins; it never blocks.
func (g *Group) Fail(err error) {
	select {
	case g.failures <- err:
	default:
	}
}

// Run starts all components, serves until ctx ends or a component fails, then
// stops what was started. It returns nil only after a requested and clean stop;
// a start that was given up because ctx ended counts as one.
func (g *Group) Run(ctx context.Context) error {
	started, err := g.start(ctx)
	switch {
	case err == nil:
		g.set(ctx, Running)
		err = g.serve(ctx)
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		err = nil
	}
	g.set(ctx, Stopping)
	stopErr := g.stop(context.WithoutCancel(ctx), started)
	if err = errors.Join(err, stopErr); err != nil {
		g.set(ctx, Failed)
		return err
	}
	g.set(ctx, Stopped)
	return nil
}

func (g *Group) start(ctx context.Context) (started []Component, err error) {
	g.set(ctx, Starting)
	ctx, cancel := context.WithTimeout(ctx, g.timeouts.Start)
	defer cancel()
	for i, c := range g.components {
		if c.Start != nil {
			if err := c.Start(ctx); err != nil {
				return append(started, opened(g.components[i+1:])...), fmt.Errorf("start %s: %w", c.Name, err)
			}
		}
		started = append(started, c)
	}
	return started, nil
}

// opened returns the components that need no start to be stopped.
func opened(components []Component) []Component {
	var found []Component
	for _, c := range components {
		if c.Start == nil {
			found = append(found, c)
		}
	}
	return found
}

// serve waits for the end and goes on for the drain delay, unless the service failed.
func (g *Group) serve(ctx context.Context) error {
	select {
	case err := <-g.failures:
		return err
	case <-ctx.Done():
	}
	g.set(ctx, Draining)
	drained := time.NewTimer(g.timeouts.Drain)
	defer drained.Stop()
	select {
	case err := <-g.failures:
		return err
	case <-drained.C:
		return nil
	}
}

func (g *Group) stop(ctx context.Context, started []Component) error {
	ctx, cancel := context.WithTimeout(ctx, g.timeouts.Stop)
	defer cancel()
	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		c := started[i]
		if c.Stop == nil {
			continue
		}
		err := stopWithin(ctx, c)
		if err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", c.Name, err))
			continue
		}
		g.log.InfoContext(ctx, "component stopped", "component", c.Name)
	}
	return errors.Join(errs...)
}

// stopWithin gives a component half of the time that is left: one that is held up by
// its clients must not take it from those that stop after it.
func stopWithin(ctx context.Context, c Component) error {
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
	defer cancel()
	return c.Stop(ctx)
}

func (g *Group) set(ctx context.Context, s State) {
	g.state.Store(int32(s))
	g.log.InfoContext(ctx, "service state changed", "state", s.String())
}
