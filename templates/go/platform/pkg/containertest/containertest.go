// Package containertest starts the containers behind testkit.Server. It is apart
// from testkit because it brings the client of a container engine: only packages
// that start containers import it.
package containertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/testcontainers/testcontainers-go"

	"goldpath.local/service/pkg/testkit"
)

// Run starts a container with run, the Run of a TestContainers module, and
// returns it with what address makes of it. Without a healthy container engine
// the error is testkit.ErrNoEngine. A container that fails half-way is removed.
func Run[C testcontainers.Container](
	ctx context.Context,
	run func(ctx context.Context) (C, error),
	address func(ctx context.Context, container C) (string, error),
) (testkit.Container, error) {
	if err := healthy(ctx); err != nil {
		return testkit.Container{}, fmt.Errorf("%w: %w", testkit.ErrNoEngine, err)
	}
	container, err := run(ctx)
	stop := func(ctx context.Context) error {
		return testcontainers.TerminateContainer(container, testcontainers.StopContext(ctx))
	}
	if err != nil {
		return testkit.Container{}, failed(ctx, fmt.Errorf("run container: %w", err), stop)
	}
	reached, err := address(ctx, container)
	if err != nil {
		return testkit.Container{}, failed(ctx, fmt.Errorf("find address of container: %w", err), stop)
	}
	return testkit.Container{Address: reached, Stop: stop}, nil
}

// healthy reports why no container can be started. The library panics where it
// finds no engine at all, which to tests is the same as one that is down.
func healthy(ctx context.Context) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("look for container engine: %v", reason)
		}
	}()
	provider, err := testcontainers.ProviderDefault.GetProvider()
	if err != nil {
		return fmt.Errorf("look for container engine: %w", err)
	}
	if err := provider.Health(ctx); err != nil {
		return fmt.Errorf("ask container engine: %w", err)
	}
	return nil
}

// failed stops what is left of a container that could not be used because of err.
func failed(ctx context.Context, err error, stop func(ctx context.Context) error) error {
	return errors.Join(err, stop(context.WithoutCancel(ctx)))
}
