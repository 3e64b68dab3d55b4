package app

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/peer"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/ratelimit"
)

func from(ctx context.Context, address string) context.Context {
	return peer.NewContext(ctx, &peer.Peer{Addr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))})
}

func TestClientsAreKnownByTheirAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:1234":          "address:192.0.2.1",
		"[::ffff:192.0.2.1]:1234": "address:192.0.2.1",
		"[2001:db8::1]:1234":      "address:2001:db8::/64",
		"[fe80::1%eth0]:1234":     "address:fe80::/64",
	} {
		require.Equal(t, want, callerKey(from(t.Context(), address)))
	}
	require.Equal(t, "address:unknown", callerKey(t.Context()))
	require.Equal(t, "address:unknown", callerKey(peer.NewContext(t.Context(), &peer.Peer{Addr: &net.UnixAddr{Name: "memory"}})))
}

// limited returns a service with one quota for all methods and one of its own for
// CreateTask; its limiters fail when they are broken.
func limited(t *testing.T, build func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error)) *App {
	t.Helper()
	limiter, err := ratelimit.NewLimits(ratelimit.Config{
		Default:    ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: 2},
		Operations: map[string]ratelimit.Quota{"TaskService/CreateTask": {Requests: 1, Period: time.Hour, Burst: 1}},
		MaxKeys:    10,
		Shared:     ratelimit.FallbackConfig{Timeout: time.Second, Pause: time.Second},
	}, ratelimit.NewMetrics(prometheus.NewRegistry()), build)
	require.NoError(t, err)
	return &App{limits: limits{limiter: limiter}}
}

func TestMethodsHaveQuotasOfTheirOwn(t *testing.T) {
	a := limited(t, func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
		return ratelimit.NewLocal(policy, quota, 10)
	})
	ctx := from(t.Context(), "192.0.2.1:1234")
	create, list := "/tasks.v1.TaskService/CreateTask", "/tasks.v1.TaskService/ListTasks"

	told, err := a.limitCall(ctx, create)
	require.NoError(t, err)
	require.Contains(t, told["Ratelimit"], "r=0")
	told, err = a.limitCall(ctx, create)
	require.Equal(t, apierror.RateLimited, apierror.From(err).Kind)
	require.Positive(t, apierror.From(err).RetryAfter)
	require.NotEmpty(t, told["Retry-After"])
	_, err = a.limitCall(ctx, list)
	require.NoError(t, err, "counted apart")
	_, err = a.limitCall(from(t.Context(), "192.0.2.2:1234"), create)
	require.NoError(t, err, "another client")
}

// broken is a limiter that cannot decide.
type broken struct{}

func (broken) Allow(context.Context, string) (ratelimit.Decision, error) {
	return ratelimit.Decision{}, context.DeadlineExceeded
}

func TestCallsGoOnWithoutADecision(t *testing.T) {
	a := limited(t, func(string, ratelimit.Quota) (ratelimit.Limiter, error) { return broken{}, nil })
	told, err := a.limitCall(from(t.Context(), "192.0.2.1:1234"), "/tasks.v1.TaskService/ListTasks")
	require.NoError(t, err)
	require.Empty(t, told)
}
