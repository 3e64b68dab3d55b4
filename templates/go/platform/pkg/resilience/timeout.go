package resilience

import (
	"context"
	"time"

	"goldpath.local/service/pkg/apierror"
)

// TimeoutConfig divides the time of a call.
type TimeoutConfig struct {
	// Total bounds the call with all its attempts and waits.
	Total time.Duration `mapstructure:"total"`
	// Attempt bounds one attempt; 0 leaves it to Total.
	Attempt time.Duration `mapstructure:"attempt"`
	// Reserve is left of the caller's own time, for an answer about a call that
	// was too slow.
	Reserve time.Duration `mapstructure:"reserve"`
}

// Timeout gives a call its share of the time that its context has left.
type Timeout struct {
	limit   time.Duration
	reserve time.Duration
}

// NewTimeout returns a Timeout that gives a call at most limit (0: no limit of
// its own), and always leaves reserve of the caller's time, so that the caller
// can still do something about a call that was too slow.
func NewTimeout(limit, reserve time.Duration) Timeout {
	return Timeout{limit: limit, reserve: reserve}
}

// Do runs fn with a context that ends in time. When nothing is left of the
// caller's time, fn is not run and the error is an apierror Timeout.
func (t Timeout) Do(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	return fn(ctx)
}

// begin is Do for calls whose end is seen elsewhere; they call cancel.
func (t Timeout) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	budget := t.limit
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline) - t.reserve
		if left <= 0 {
			return nil, nil, refuse(apierror.Timeout, ReasonNoTimeLeft, "there is no time left for this call")
		}
		if budget == 0 || left < budget {
			budget = left
		}
	}
	if budget == 0 {
		return ctx, func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	return ctx, cancel, nil
}
