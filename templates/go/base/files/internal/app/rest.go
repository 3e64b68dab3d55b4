package app

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/openapi"
)

// wireREST returns the handler of the API port.
func (a *App) wireREST(registry prometheus.Registerer, api rest.StrictServerInterface) (http.Handler, error) {
	opts := handlers.RouterOptions{
		Log:            a.log,
		Metrics:        metrics.NewHTTP(registry),
		BodyLimit:      a.cfg.HTTP.BodyLimit,
		RequestTimeout: a.cfg.HTTP.RequestTimeout,
	}
	if a.cfg.HTTP.ValidateRequests {
		validator, err := openapi.NewValidator(rest.Spec)
		if err != nil {
			return nil, err
		}
		opts.Validator = validator
	}
	leaving := func() bool { return a.group.State() != lifecycle.Running }
	return httpserver.CloseWhen(leaving, handlers.NewRouter(opts, api)), nil
}
