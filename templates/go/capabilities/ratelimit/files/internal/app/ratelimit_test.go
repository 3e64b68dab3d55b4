package app

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/ratelimit"
)

func TestQuotasOfOperationsThatAreNotThereAreRefused(t *testing.T) {
	quota := ratelimit.Quota{Requests: 1, Period: time.Second, Burst: 1}
	limiter, err := ratelimit.NewLimits(ratelimit.Config{
		Default:    quota,
		Operations: map[string]ratelimit.Quota{"post:/api/v1/tasks": quota, "post:/api/v1/task": quota},
		MaxKeys:    1,
		Shared:     ratelimit.FallbackConfig{Timeout: time.Second, Pause: time.Second},
	}, ratelimit.NewMetrics(prometheus.NewRegistry()), func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
		return ratelimit.NewLocal(policy, quota, 1)
	})
	require.NoError(t, err)

	l := limits{limiter: limiter}
	l.announce([]string{"POST:/api/v1/tasks", "GET:/api/v1/tasks"})
	require.EqualError(t, l.checkQuotas(),
		"ratelimit.operations: there is no post:/api/v1/task; there are GET:/api/v1/tasks, POST:/api/v1/tasks")
	l.announce([]string{"POST:/api/v1/task"})
	require.NoError(t, l.checkQuotas())
}
