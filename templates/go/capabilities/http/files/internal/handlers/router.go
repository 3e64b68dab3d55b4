// Package handlers is the HTTP edge of the service: the router that all APIs
// over HTTP share. Each API has a package of its own below.
package handlers

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/telemetry"
)

// RouterOptions holds what the router needs beside the APIs.
type RouterOptions struct {
	// Log receives one record per request.
	Log *slog.Logger
	// Metrics measures every request.
	Metrics *metrics.HTTP
	// Telemetry gives every request a span.
	Telemetry *telemetry.Telemetry
	// BodyLimit is the greatest size of a request body, in bytes.
	BodyLimit int64
	// RequestTimeout bounds the work on one request.
	RequestTimeout time.Duration
}

// Mount adds the routes of one API. What it adds runs inside the middleware that
// all APIs share.
type Mount func(routes gin.IRouter)

// NewRouter returns the handler that serves the APIs. The order of the
// middleware matters: what is traced, logged and measured includes panics,
// refusals and routes that do not exist.
func NewRouter(opts RouterOptions, mounts ...Mount) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.ContextWithFallback = true // generated code passes *gin.Context as context.Context
	engine.HandleMethodNotAllowed = true
	_ = engine.SetTrustedProxies(nil) // nil cannot fail: client_ip is the peer, headers are not believed

	engine.Use(
		middleware.Trace(),
		middleware.RequestID(),
		middleware.Metrics(opts.Metrics),
		middleware.AccessLog(opts.Log),
		middleware.Recover(opts.Log),
		middleware.BodyLimit(opts.BodyLimit),
		middleware.Deadline(opts.RequestTimeout),
	)
	engine.NoRoute(middleware.NotFound)
	engine.NoMethod(middleware.MethodNotAllowed)

	for _, mount := range mounts {
		mount(engine)
	}
	return opts.Telemetry.Handler(engine)
}
