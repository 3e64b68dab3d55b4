package app

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc"

	"goldpath.local/service/internal/handlers/grpcapi"
	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/logging"
)

// publicMethods names the methods of the service that need no token; those of
// health and reflection are in the configuration.
func publicMethods() []string { return grpcapi.PublicMethods() }

// authenticateCall puts the caller whom the token names into the context, and
// into the log records of the call.
func (a *App) authenticateCall(ctx context.Context, token string) (context.Context, error) {
	caller, err := a.verifier.Verify(ctx, token)
	if err != nil {
		return ctx, err
	}
	return logging.With(auth.NewContext(ctx, caller), slog.String("caller", caller.Subject)), nil
}

// endWithToken ends a stream when the token ends that opened it: its client may
// come back with a new one.
func endWithToken(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	caller, known := auth.FromContext(stream.Context())
	if !known {
		return handler(srv, stream)
	}
	ctx, cancel := context.WithDeadlineCause(stream.Context(), caller.ExpiresAt, auth.ErrTokenExpired)
	defer cancel()
	err := handler(srv, boundStream{stream, ctx})
	if err != nil && errors.Is(context.Cause(ctx), auth.ErrTokenExpired) {
		return auth.ErrTokenExpired
	}
	return err
}

// boundStream is a stream whose context ends earlier.
type boundStream struct {
	grpc.ServerStream

	ctx context.Context
}

// Context returns the context of the stream.
func (s boundStream) Context() context.Context { return s.ctx }
