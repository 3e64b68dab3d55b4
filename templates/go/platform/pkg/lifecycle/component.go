package lifecycle

import (
	"context"
	"errors"
)

// Component is one part of the service that is started and stopped.
type Component struct {
	// Name appears in logs and errors.
	Name string
	// Start returns when the component is usable. Its context ends when the
	// start must be given up, not when the service stops. Nil means nothing to do.
	Start func(ctx context.Context) error
	// Stop returns when the component is down; its context is the deadline.
	// It is called only after a successful Start, but always if there is none:
	// what has no Start was opened before it was added. Nil means nothing to do.
	Stop func(ctx context.Context) error
}

// Background returns a component that runs a loop until it is stopped. A loop
// that ends by itself with an error fails the group through fail.
func Background(name string, loop func(ctx context.Context) error, fail func(error)) Component {
	var (
		cancel context.CancelFunc
		done   = make(chan struct{})
	)
	start := func(ctx context.Context) error {
		ctx, cancel = context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // stop calls it
		go func() {
			defer close(done)
			if err := loop(ctx); err != nil && !errors.Is(err, context.Canceled) {
				fail(err)
			}
		}()
		return nil
	}
	stop := func(ctx context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return Component{Name: name, Start: start, Stop: stop}
}
