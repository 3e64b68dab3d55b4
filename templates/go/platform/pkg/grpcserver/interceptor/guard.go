package interceptor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"goldpath.local/service/pkg/apierror"
)

// recoverPanics turns a panic of a handler into Internal and logs its stack. The
// process goes on: one bad call must not end the others.
func recoverPanics(log *slog.Logger) interceptor {
	return func(ctx context.Context, _ *call, next func(context.Context) error) (err error) {
		defer func() {
			if recovered := recover(); recovered != nil {
				log.ErrorContext(ctx, "handler panicked", "stack", string(debug.Stack()))
				err = apierror.New(apierror.Internal, "INTERNAL", "internal error").
					WithCause(fmt.Errorf("panic: %v", recovered))
			}
		}()
		return next(ctx)
	}
}

type stoppingKey struct{}

// Stopping is closed when the server that handles the call begins to stop.
// Handlers of streams without an end should then end them, so that their clients
// reconnect elsewhere in their own time instead of being cut off. It is nil, and
// never closed, outside of a call.
func Stopping(ctx context.Context) <-chan struct{} {
	stopping, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return stopping
}

func announceStop(stopping <-chan struct{}) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		if c.isStream() {
			ctx = context.WithValue(ctx, stoppingKey{}, stopping)
		}
		return next(ctx)
	}
}

// Shedder refuses calls while the server has too much to do;
// loadshed.Shedder is one.
type Shedder interface {
	// Admit takes on a unary call. done is called once with its error.
	Admit(ctx context.Context) (done func(error), err error)
	// Check refuses a stream that Admit would refuse. How long a stream takes
	// says nothing about the load.
	Check(ctx context.Context) error
}

// shed asks the shedder, if there is one. Probes are always answered: an instance
// that is busy must not be restarted for it.
func shed(shedder Shedder) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) (err error) {
		if shedder == nil || c.probe {
			return next(ctx)
		}
		if c.isStream() {
			if err := shedder.Check(ctx); err != nil {
				return err
			}
			return next(ctx)
		}
		done, err := shedder.Admit(ctx)
		if err != nil {
			return err
		}
		defer func() { done(err) }()
		return next(ctx)
	}
}

// DeadlineConfig says how long unary calls may take. Streams bring a deadline or
// have none.
type DeadlineConfig struct {
	// Default is given to calls that bring no deadline.
	Default time.Duration `mapstructure:"default"`
	// Max shortens deadlines that are further away.
	Max time.Duration `mapstructure:"max"`
	// Required refuses calls that bring no deadline instead.
	Required bool `mapstructure:"required"`
}

// Validate reports values that make no sense.
func (c DeadlineConfig) Validate() error {
	var errs []error
	if c.Default <= 0 {
		errs = append(errs, errors.New("grpc.deadline.default must be positive"))
	}
	if c.Max < c.Default {
		errs = append(errs, errors.New("grpc.deadline.max must not be less than grpc.deadline.default"))
	}
	return errors.Join(errs...)
}

// apply gives a unary call its deadline. Handlers notice through their context,
// and so do the services that they call: the deadline travels on.
func (c DeadlineConfig) apply(ctx context.Context, call *call, next func(context.Context) error) error {
	if call.isStream() || call.probe {
		return next(ctx)
	}
	limit := c.Max
	if deadline, ok := ctx.Deadline(); !ok {
		if c.Required {
			return apierror.New(apierror.Invalid, "DEADLINE_REQUIRED", "calls of this service must have a deadline")
		}
		limit = c.Default
	} else if time.Until(deadline) <= limit {
		return next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return next(ctx)
}
