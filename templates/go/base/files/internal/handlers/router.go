// Package handlers is the HTTP edge of the service: it turns requests into
// calls of use cases and their results into answers.
package handlers

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/openapi"
	"goldpath.local/service/pkg/telemetry"
)

// RouterOptions holds what the router needs beside the operations.
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
	// Validator, when set, checks every request against the OpenAPI document.
	Validator *openapi.Validator
}

// NewRouter returns the handler that serves the API. The order of the
// middleware matters: what is traced, logged and measured includes panics,
// refusals and routes that do not exist.
func NewRouter(opts RouterOptions, api rest.StrictServerInterface) http.Handler {
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
	if opts.Validator != nil {
		engine.Use(middleware.Validate(opts.Validator))
	}
	engine.NoRoute(middleware.NotFound)
	engine.NoMethod(middleware.MethodNotAllowed)

	strict := rest.NewStrictHandlerWithOptions(api, nil, rest.StrictGinServerOptions{
		RequestErrorHandlerFunc:  middleware.FailRequest,
		HandlerErrorFunc:         middleware.Fail,
		ResponseErrorHandlerFunc: middleware.Fail,
	})
	rest.RegisterHandlersWithOptions(engine, strict, rest.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { middleware.FailRequest(c, err) },
	})
	return opts.Telemetry.Handler(engine)
}
