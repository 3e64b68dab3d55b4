package logging

import (
	"context"
	"log/slog"
	"slices"
)

type contextKey struct{}

// With returns a context whose attributes, e.g. the request id, are in all its records.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	all := append(slices.Clip(fromContext(ctx)), attrs...)
	return context.WithValue(ctx, contextKey{}, all)
}

func fromContext(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(contextKey{}).([]slog.Attr)
	return attrs
}
