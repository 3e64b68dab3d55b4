// Package restapi is the REST API: it turns requests into calls of use cases and
// their results into answers, as the OpenAPI document says.
package restapi

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/openapi"
)

// Options holds what the API needs beside its operations.
type Options struct {
	// Authorize, when set, decides who may call an operation, before anything
	// else is said about the request.
	Authorize gin.HandlerFunc
	// V1 says since when what has a successor is deprecated, if it is.
	V1 middleware.Deprecation
	// Idempotency, when set, lets clients repeat requests that create something.
	Idempotency gin.HandlerFunc
	// Validator, when set, checks every request against the OpenAPI document.
	Validator *openapi.Validator
}

// Mount returns the routes of the OpenAPI document, served by operations.
func Mount(operations rest.StrictServerInterface, opts Options) handlers.Mount {
	return func(routes gin.IRouter) {
		group := routes.Group("")
		if opts.Authorize != nil {
			group.Use(opts.Authorize)
		}
		group.Use(middleware.Deprecate(opts.V1, successor), middleware.ReadableQuery(), middleware.JSONBody())
		if opts.Validator != nil {
			group.Use(middleware.Validate(opts.Validator))
		}
		if opts.Idempotency != nil {
			group.Use(opts.Idempotency)
		}
		strict := rest.NewStrictHandlerWithOptions(operations, nil, rest.StrictGinServerOptions{
			RequestErrorHandlerFunc:  middleware.FailRequest,
			HandlerErrorFunc:         middleware.Fail,
			ResponseErrorHandlerFunc: middleware.Fail,
		})
		rest.RegisterHandlersWithOptions(group, strict, rest.GinServerOptions{
			ErrorHandler: middleware.FailParameter,
		})
	}
}
