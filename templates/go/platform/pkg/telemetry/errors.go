package telemetry

import (
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
)

// newErrorHandler logs what the SDK can tell nobody else: mostly batches that
// could not be sent. A collector that is down fails every few seconds, so at
// most one record is written per interval.
func newErrorHandler(log *slog.Logger, interval time.Duration) otel.ErrorHandler {
	var next atomic.Int64
	return otel.ErrorHandlerFunc(func(err error) {
		now := time.Now()
		due := next.Load()
		if now.UnixNano() < due || !next.CompareAndSwap(due, now.Add(interval).UnixNano()) {
			return
		}
		log.Warn("tracing failed", "error", err)
	})
}
