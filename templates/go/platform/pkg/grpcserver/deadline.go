package grpcserver

import (
	"context"
	"time"

	"goldpath.local/service/pkg/apierror"
)

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
