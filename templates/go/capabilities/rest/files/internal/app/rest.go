package app

import (
	"fmt"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/handlers/restapi"
	"goldpath.local/service/pkg/openapi"
)

// mountREST returns the routes of the REST API.
func (a *App) mountREST() (handlers.Mount, error) {
	var opts restapi.Options
	if a.cfg.REST.ValidateRequests {
		validator, err := openapi.NewValidator(rest.Spec)
		if err != nil {
			return nil, fmt.Errorf("read OpenAPI document: %w", err)
		}
		opts.Validator = validator
	}
	//% if cookiecutter.jwt == "yes"
	opts.Authorize = a.authorizeREST()
	//% endif
	return restapi.Mount(wireOperations(a.useCases), opts), nil
}
