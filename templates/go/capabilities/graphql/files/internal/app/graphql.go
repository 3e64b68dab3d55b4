package app

import (
	"net/http"

	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/handlers/graphapi"
	"goldpath.local/service/pkg/graphqlserver"
)

// graphQL answers operations and holds the streams that are open.
type graphQL struct {
	graphql *graphqlserver.Server
}

// isStream reports whether a request bounds its own time.
func isStream(r *http.Request) bool { return graphapi.IsStream(r) }

// mountGraphQL returns the routes of the GraphQL API.
func (a *App) mountGraphQL() (handlers.Mount, error) {
	api := wireGraph(a.useCases)
	opts := graphqlserver.Options{
		Log:     a.log,
		Metrics: graphqlserver.NewMetrics(a.registry),
		Tracers: a.telemetry.TracerProvider(),
		Scope:   api.Scope,
	}
	//% if cookiecutter.jwt == "yes"
	opts.Authenticate = a.authenticateSocket
	opts.ExpiresAt = tokenExpiry
	opts.Caller = callerName
	opts.Authorize = a.authorizeGraph()
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	opts.Limit = a.limitSocket
	//% endif
	server, err := graphqlserver.New(api.Schema(), a.cfg.GraphQL.Config, opts)
	if err != nil {
		return nil, err
	}
	a.graphql = server
	return graphapi.Mount(server, graphapi.Options{Playground: a.cfg.GraphQL.Playground}), nil
}
