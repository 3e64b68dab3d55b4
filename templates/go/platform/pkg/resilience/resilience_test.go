package resilience_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errDown     = apierror.New(apierror.Unavailable, "DOWN", "down")
	errNotFound = apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "task not found")
	errDefect   = errors.New("index out of range")
	discard     = slog.New(slog.DiscardHandler)
)

func newMetrics() *resilience.Metrics { return resilience.NewMetrics(prometheus.NewRegistry()) }

func succeed(context.Context) error { return nil }

func fail(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// hang ends when its context does.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func requireReason(t require.TestingT, err error, kind apierror.Kind, reason string) {
	var typed *apierror.Error
	require.ErrorAs(t, err, &typed)
	require.Equal(t, kind, typed.Kind)
	require.Equal(t, reason, typed.Reason)
}

func TestMetricNamesFollowTheConventions(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics := resilience.NewMetrics(registry)
	policy := resilience.NewPolicy("payments", resilience.DefaultConfig(), metrics, discard)
	require.NoError(t, policy.Do(t.Context(), succeed))

	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// failTimes fails the first n times.
func failTimes(n int, err error) (fn func(context.Context) error, calls *int) {
	calls = new(int)
	return func(context.Context) error {
		*calls++
		if *calls <= n {
			return err
		}
		return nil
	}, calls
}
