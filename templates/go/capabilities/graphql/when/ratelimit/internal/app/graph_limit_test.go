package app

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver"
	"goldpath.local/service/pkg/ratelimit"
)

// limitedGraph returns a service that lets everybody send one operation.
func limitedGraph(t *testing.T, build func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error)) *App {
	t.Helper()
	limiter, err := ratelimit.NewLimits(ratelimit.Config{
		Default:    ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: 10},
		Operations: map[string]ratelimit.Quota{"POST:/graphql": {Requests: 1, Period: time.Hour, Burst: 1}},
		MaxKeys:    10,
		Shared:     ratelimit.FallbackConfig{Timeout: time.Second, Pause: time.Second},
	}, ratelimit.NewMetrics(prometheus.NewRegistry()), build)
	require.NoError(t, err)
	return &App{limits: limits{limiter: limiter}}
}

func TestOperationsOnAWebSocketHaveTheQuotaOfGraphQL(t *testing.T) {
	a := limitedGraph(t, func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
		return ratelimit.NewLocal(policy, quota, 10)
	})
	here := graphqlserver.WithClientIP(t.Context(), "192.0.2.1")
	require.NoError(t, a.limitSocket(here))
	refused := apierror.From(a.limitSocket(here))
	require.Equal(t, apierror.RateLimited, refused.Kind)
	require.Positive(t, refused.RetryAfter)
	require.NoError(t, a.limitSocket(graphqlserver.WithClientIP(t.Context(), "192.0.2.2")), "another client")
}

// undecided is a limiter that cannot decide.
type undecided struct{}

func (undecided) Allow(context.Context, string) (ratelimit.Decision, error) {
	return ratelimit.Decision{}, context.DeadlineExceeded
}

func TestOperationsOnAWebSocketGoOnWithoutADecision(t *testing.T) {
	a := limitedGraph(t, func(string, ratelimit.Quota) (ratelimit.Limiter, error) { return undecided{}, nil })
	require.NoError(t, a.limitSocket(t.Context()))
}
