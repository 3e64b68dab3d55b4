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

// metric returns the value of one time series, 0 if there is none.
func metric(t *testing.T, registry prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, series := range family.GetMetric() {
			values := map[string]bool{}
			for _, label := range series.GetLabel() {
				values[label.GetValue()] = true
			}
			if len(values) == len(labels) && hasAll(values, labels) {
				return series.GetCounter().GetValue() + series.GetGauge().GetValue() + float64(series.GetHistogram().GetSampleCount())
			}
		}
	}
	return 0
}

func hasAll(values map[string]bool, wanted []string) bool {
	for _, value := range wanted {
		if !values[value] {
			return false
		}
	}
	return true
}

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
	resilience.NewShedder("api", resilience.DefaultShedderConfig(), metrics)

	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}
