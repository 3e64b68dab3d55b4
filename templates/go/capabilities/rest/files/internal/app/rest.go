package app

import (
	"fmt"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/handlers/restapi"
	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/openapi"
)

// mountREST returns the routes of the REST API.
func (a *App) mountREST() (handlers.Mount, error) {
	deprecated, sunset, err := a.cfg.REST.V1.Dates()
	if err != nil {
		return nil, err
	}
	store, err := a.newIdempotencyStore()
	if err != nil {
		return nil, fmt.Errorf("make store of idempotency keys: %w", err)
	}
	guard, err := idempotency.NewGuard(store, a.cfg.REST.Idempotency)
	if err != nil {
		return nil, err
	}
	opts := restapi.Options{
		V1:          middleware.Deprecation{Since: deprecated, Sunset: sunset},
		Idempotency: middleware.Idempotent(guard, idempotencyScope),
	}
	if a.cfg.REST.ValidateRequests {
		if opts.Validator, err = openapi.NewValidator(rest.Spec); err != nil {
			return nil, fmt.Errorf("read OpenAPI document: %w", err)
		}
	}
	//% if cookiecutter.jwt == "yes"
	opts.Authorize = a.authorizeREST()
	//% endif
	return restapi.Mount(wireOperations(a.useCases), opts), nil
}
