package grpcserver

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/apierror/grpcstatus"
)

// failure is what the client sees and what the log sees of one error.
type failure struct {
	status *status.Status
	cause  error
}

// Error returns the text for the log.
func (f *failure) Error() string { return f.cause.Error() }

// Unwrap returns the error of the handler.
func (f *failure) Unwrap() error { return f.cause }

// GRPCStatus returns what is sent.
func (f *failure) GRPCStatus() *status.Status { return f.status }

// pushbackKey is how servers tell gRPC's own retries when to come back: in
// milliseconds, or -1 for not at all (proposal A6).
const pushbackKey = "grpc-retry-pushback-ms"

// mapErrors answers with the status of what handlers return, and says when to
// try again in the way that clients of gRPC understand.
func mapErrors(domain string) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		err := next(ctx)
		if err == nil {
			return nil
		}
		if after := apierror.From(err).RetryAfter; after > 0 {
			c.reply.set(pushbackKey, pushback(ctx, after))
		}
		return &failure{status: grpcstatus.FromError(err, domain), cause: err}
	}
}

// pushback tells clients not to wait for a time when nobody will be there.
func pushback(ctx context.Context, after time.Duration) string {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= after {
		return "-1"
	}
	return strconv.FormatInt(max(after.Milliseconds(), 1), 10)
}
