package app

import (
	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/openapi"
)

// wireREST adds the API port.
func (a *App) wireREST(operations rest.StrictServerInterface) error {
	opts := handlers.RouterOptions{
		Log:            a.log,
		Metrics:        metrics.NewHTTP(a.registry),
		Telemetry:      a.telemetry,
		BodyLimit:      a.cfg.HTTP.BodyLimit,
		RequestTimeout: a.cfg.HTTP.RequestTimeout,
	}
	if a.cfg.HTTP.ValidateRequests {
		validator, err := openapi.NewValidator(rest.Spec)
		if err != nil {
			return err
		}
		opts.Validator = validator
	}
	leaving := func() bool { return a.group.State() != lifecycle.Running }
	router := httpserver.CloseWhen(leaving, handlers.NewRouter(opts, operations))
	a.api = httpserver.New("api", a.cfg.HTTP.Config, router, a.log, a.group.Fail)
	a.group.Add(a.api.Component())
	return nil
}
