package grpcserver

import "context"

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
