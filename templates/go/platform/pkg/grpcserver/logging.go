package grpcserver

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// logCalls writes one record per call, with the cause of a failure and never with
// what was said. It is the only place that logs errors of handlers. Probes that
// find nothing wrong are not worth a record.
func logCalls(log *slog.Logger) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		begin := time.Now()
		err := next(ctx)
		code := status.Code(err)
		if c.probe && code == codes.OK {
			return err
		}
		attrs := []slog.Attr{
			slog.String("method", c.method),
			slog.String("type", c.kind),
			slog.String("code", code.String()),
			slog.Float64("duration_ms", float64(time.Since(begin).Microseconds())/1000),
			slog.String("peer", peerAddress(ctx)),
		}
		if err != nil {
			attrs = append(attrs, slog.Any("error", err))
		}
		log.LogAttrs(c.innermost, level(code), "call", attrs...) //nolint:contextcheck // it grew out of ctx
		return err
	}
}

// level makes defects of the service errors, and what may pass warnings. What
// clients do wrong, or give up, must not wake anybody.
func level(code codes.Code) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

func peerAddress(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		return p.Addr.String()
	}
	return ""
}
