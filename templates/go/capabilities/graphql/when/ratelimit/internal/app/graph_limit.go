package app

import (
	"context"
	"net/http"

	"goldpath.local/service/internal/handlers/graphapi"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver"
	"goldpath.local/service/pkg/ratelimit"
)

// limitSocket counts an operation on a WebSocket against the quota of those over
// HTTP. When no decision can be made, it goes on: a limit protects the service, and
// must not be what takes it down.
func (a *App) limitSocket(ctx context.Context) error {
	decision, err := a.limiter.Allow(ctx, http.MethodPost+":"+graphapi.Path, socketKey(ctx))
	if err != nil {
		return nil //nolint:nilerr // see above; it fails when the connection has ended
	}
	if err := decision.Err(); err != nil {
		return apierror.From(err).WithRetryAfter(decision.RetryAfter)
	}
	return nil
}

// socketKey stands for who holds a WebSocket, as the limit of requests has it.
func socketKey(ctx context.Context) string {
	//% if cookiecutter.jwt == "yes"
	if name := callerName(ctx); name != "" {
		return "caller:" + name
	}
	//% endif
	return ratelimit.AddressKey(graphqlserver.ClientIP(ctx))
}
