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
	// TrustedProxies are the addresses and networks (CIDR) of proxies whose
	// X-Forwarded-For is believed. Without any, the client is who connects.
	TrustedProxies []string
	//% if cookiecutter.graphql == "yes"
	// Streams names the requests that have no deadline and are not measured: they
	// last as long as their clients listen.
	Streams func(*http.Request) bool
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	// Announce is told the operations of all APIs, such as "GET:/api/v1/tasks", by
	// which limits of rate know them. It may be nil.
	Announce func(operations []string)
	//% endif
	// Guards stand before all APIs, in this order. What they refuse is traced,
	// logged and measured like everything else.
	Guards []gin.HandlerFunc
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
	engine.RedirectTrailingSlash = false // redirects would pass by all middleware
	engine.RemoteIPHeaders = []string{"X-Forwarded-For"}
	_ = engine.SetTrustedProxies(opts.TrustedProxies) // the configuration was validated

	measure, bound := middleware.Metrics(opts.Metrics), middleware.Deadline(opts.RequestTimeout)
	//% if cookiecutter.graphql == "yes"
	measure, bound = middleware.Unless(opts.Streams, measure), middleware.Unless(opts.Streams, bound)
	//% endif
	engine.Use(
		middleware.Trace(),
		middleware.RequestID(),
		measure,
		middleware.AccessLog(opts.Log),
		middleware.Recover(opts.Log),
		middleware.BodyLimit(opts.BodyLimit),
		bound,
	)
	engine.Use(opts.Guards...)
	engine.NoRoute(middleware.NotFound)
	engine.NoMethod(middleware.MethodNotAllowed)

	for _, mount := range mounts {
		mount(engine)
	}
	//% if cookiecutter.ratelimit == "yes"
	announce(engine, opts.Announce)
	//% endif
	return opts.Telemetry.Handler(engine)
}
