package middleware

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/telemetry"
)

// unmatched is the route of requests that no route matches. Their paths are
// invented by clients and must not become label values.
const unmatched = "unmatched"

// Trace names the span of every request by its route pattern. Requests that no
// route matches keep the name they have: their method.
func Trace() gin.HandlerFunc {
	return func(c *gin.Context) {
		if path := c.FullPath(); path != "" {
			telemetry.SetRoute(c.Request.Context(), c.Request.Method, path)
		}
		c.Next()
	}
}

// Metrics measures every request by its route pattern.
func Metrics(m *metrics.HTTP) gin.HandlerFunc {
	return func(c *gin.Context) {
		end := m.Begin(c.Request.Method)
		// Deferred, so that an aborted handler does not stay in flight for ever.
		defer func() { end(c.Request.Context(), route(c), c.Writer.Status()) }()
		c.Next()
	}
}

// AccessLog writes one record per request, with the cause of a failure. It is
// the only place that logs errors of handlers.
func AccessLog(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		begin := time.Now()
		c.Next()
		attrs := []slog.Attr{
			slog.String("method", c.Request.Method),
			slog.String("route", route(c)),
			slog.String("path", c.Request.URL.Path),
			slog.Int("status", c.Writer.Status()),
			slog.Int("bytes", max(c.Writer.Size(), 0)),
			slog.Float64("duration_ms", float64(time.Since(begin).Microseconds())/1000),
			slog.String("client_ip", c.ClientIP()),
		}
		var err error
		if last := c.Errors.Last(); last != nil {
			err = last.Err
			attrs = append(attrs, slog.Any("error", err))
		}
		log.LogAttrs(c.Request.Context(), level(c.Writer.Status(), err), "request", attrs...)
	}
}

// level makes failures of the service errors, and nothing else: a client that
// hangs up or sends nonsense must not wake anybody.
func level(status int, err error) slog.Level {
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func route(c *gin.Context) string {
	if path := c.FullPath(); path != "" {
		return path
	}
	return unmatched
}
