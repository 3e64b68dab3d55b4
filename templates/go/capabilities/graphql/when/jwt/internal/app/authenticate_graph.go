package app

import (
	"context"
	"log/slog"
	"time"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/logging"
)

// authenticateSocket returns a context that knows the caller whom the first
// message of a WebSocket names: browsers cannot send headers with one.
func (a *App) authenticateSocket(ctx context.Context, authorization string) (context.Context, error) {
	token, err := auth.BearerToken(authorization)
	if err != nil {
		return nil, err
	}
	caller, err := a.verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	return logging.With(auth.NewContext(ctx, caller), slog.String("caller", caller.Subject)), nil
}

// tokenExpiry returns when the token of the caller ends, or the zero time when
// there is none.
func tokenExpiry(ctx context.Context) time.Time {
	caller, _ := auth.FromContext(ctx)
	return caller.ExpiresAt
}

// callerName returns who the caller is, or "" when nobody is known.
func callerName(ctx context.Context) string {
	caller, _ := auth.FromContext(ctx)
	return caller.Subject
}
