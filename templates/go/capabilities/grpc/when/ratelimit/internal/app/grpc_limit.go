package app

import (
	"context"
	"net"
	"net/http"
	"strings"

	"google.golang.org/grpc/peer"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/ratelimit"
)

// limitCall counts a call and says in its metadata what the caller may do next.
// When no decision can be made, the call goes on: a limit protects the service,
// and must not be what takes it down.
func (a *App) limitCall(ctx context.Context, method string) (map[string]string, error) {
	decision, err := a.limiter.Allow(ctx, operationOf(method), callerKey(ctx))
	if err != nil {
		return nil, nil //nolint:nilerr // see above; it fails when the call has ended
	}
	fields := http.Header{}
	decision.SetHeaders(fields)
	metadata := make(map[string]string, len(fields))
	for name := range fields {
		metadata[name] = fields.Get(name)
	}
	if err := decision.Err(); err != nil {
		return metadata, apierror.From(err).WithRetryAfter(decision.RetryAfter)
	}
	return metadata, nil
}

// announceMethods tells the limits which methods there are.
func (a *App) announceMethods(methods []string) {
	operations := make([]string, len(methods))
	for i, method := range methods {
		operations[i] = operationOf(method)
	}
	a.announce(operations)
}

// operationOf returns the name of a method in the configuration of limits,
// "TaskService/CreateTask": keys there cannot hold the dots of a package.
func operationOf(method string) string {
	return method[strings.LastIndexByte(method, '.')+1:]
}

// addressKey stands for the address of a client.
func addressKey(ctx context.Context) string {
	client, ok := peer.FromContext(ctx)
	if !ok {
		return ratelimit.AddressKey("")
	}
	host, _, _ := net.SplitHostPort(client.Addr.String()) // without a port it is no address
	return ratelimit.AddressKey(host)
}
