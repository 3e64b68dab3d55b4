package app

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/resilience/loadshed"
)

// wireHTTP adds the port of the APIs over HTTP.
func (a *App) wireHTTP() error {
	opts := handlers.RouterOptions{
		Log:            a.log,
		Metrics:        metrics.NewHTTP(a.registry),
		Telemetry:      a.telemetry,
		BodyLimit:      a.cfg.HTTP.BodyLimit,
		RequestTimeout: a.cfg.HTTP.RequestTimeout,
		TrustedProxies: a.cfg.HTTP.TrustedProxies,
		Guards:         a.guards(),
	}
	//% if cookiecutter.graphql == "yes"
	opts.Streams = isStream
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	opts.Announce = a.announce
	//% endif
	mounts, err := a.mounts()
	if err != nil {
		return err
	}
	leaving := func() bool { return a.group.State() != lifecycle.Running }
	router := httpserver.CloseWhen(leaving, handlers.NewRouter(opts, mounts...))
	a.api = httpserver.New("api", a.cfg.HTTP.Config, router, a.log, a.group.Fail)
	a.group.Add(a.api.Component())
	//% if cookiecutter.graphql == "yes"
	// Last, so that streams end before the port waits for them.
	a.group.Add(a.graphql.Component())
	//% endif
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
	//% if cookiecutter.graphql == "yes"
	graph, err := a.mountGraphQL()
	if err != nil {
		return nil, err
	}
	mounts = append(mounts, graph)
	//% endif
	return mounts, nil
}

// guards returns what stands before all of them, in order. Shedding is the first:
// turning a request away must cost next to nothing.
func (a *App) guards() []gin.HandlerFunc {
	guards := []gin.HandlerFunc{a.shed()}
	//% if cookiecutter.postgres == "yes"
	guards = append(guards, trackWrites)
	//% endif
	//% if cookiecutter.jwt == "yes"
	guards = append(guards, a.authenticate())
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	guards = append(guards, a.limit())
	//% endif
	return guards
}

// shed turns requests away while the service has too much to do.
func (a *App) shed() gin.HandlerFunc {
	shedder := loadshed.New("http", a.cfg.HTTP.Shedding, a.registry)
	shed := middleware.Shed(shedder)
	//% if cookiecutter.graphql == "yes"
	shed = middleware.ShedStreams(isStream, shedder, shed)
	//% endif
	return shed
}
