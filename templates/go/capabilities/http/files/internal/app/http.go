package app

import (
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/metrics"
)

// wireHTTP adds the port of the APIs over HTTP.
func (a *App) wireHTTP() error {
	opts := handlers.RouterOptions{
		Log:            a.log,
		Metrics:        metrics.NewHTTP(a.registry),
		Telemetry:      a.telemetry,
		BodyLimit:      a.cfg.HTTP.BodyLimit,
		RequestTimeout: a.cfg.HTTP.RequestTimeout,
	}
	mounts, err := a.mounts()
	if err != nil {
		return err
	}
	leaving := func() bool { return a.group.State() != lifecycle.Running }
	router := httpserver.CloseWhen(leaving, handlers.NewRouter(opts, mounts...))
	a.api = httpserver.New("api", a.cfg.HTTP.Config, router, a.log, a.group.Fail)
	a.group.Add(a.api.Component())
	return nil
}

// mounts returns the APIs that share the port.
func (a *App) mounts() ([]handlers.Mount, error) {
	var mounts []handlers.Mount
	//% if cookiecutter.rest == "yes"
	rest, err := a.mountREST()
	if err != nil {
		return nil, err
	}
	mounts = append(mounts, rest)
	//% endif
	return mounts, nil
}
