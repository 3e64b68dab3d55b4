package grpcserver

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

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
