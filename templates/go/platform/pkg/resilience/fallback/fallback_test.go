package fallback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/metrics/metricstest"
	"goldpath.local/service/pkg/resilience/fallback"
	"goldpath.local/service/pkg/resilience/outcome"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errDown     = apierror.New(apierror.Unavailable, "DOWN", "down")
	errNotFound = apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "task not found")
	errDefect   = errors.New("index out of range")
	discard     = slog.New(slog.DiscardHandler)
)

func TestFallbackAnswersWhenTheTargetCannot(t *testing.T) {
	errNoCopy := errors.New("no copy")
	tests := map[string]struct {
		primary, secondary error
		want               string
		wantErr            []error
		uses               float64
	}{
		"primary works":          {want: "fresh"},
		"primary is down":        {primary: errDown, want: "old", uses: 1},
		"primary has a defect":   {primary: errDefect, want: "old", uses: 1},
		"primary is refused":     {primary: outcome.Refuse(apierror.Unavailable, "BULKHEAD_FULL", "full"), want: "old", uses: 1},
		"an answer is an answer": {primary: errNotFound, wantErr: []error{errNotFound}},
		"both fail":              {primary: errDown, secondary: errNoCopy, wantErr: []error{errDown, errNoCopy}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			subject := fallback.New[string]("prices", time.Minute, fallback.NewMetrics(registry), discard)
			got, err := subject.Do(t.Context(),
				func(context.Context) (string, error) { return pick("fresh", tc.primary) },
				func(_ context.Context, cause error) (string, error) {
					require.Equal(t, tc.primary, cause)
					return pick("old", tc.secondary)
				})
			require.Equal(t, tc.want, got)
			require.Equal(t, len(tc.wantErr) > 0, err != nil)
			for _, want := range tc.wantErr {
				require.ErrorIs(t, err, want)
			}
			require.InDelta(t, tc.uses, metricstest.Value(t, registry, "resilience_fallbacks_total", "prices", "ok"), 0)
		})
	}
}

func pick(value string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return value, nil
}

func TestNobodyLeftToFallBackFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	subject := fallback.New[int]("prices", time.Minute, fallback.NewMetrics(prometheus.NewRegistry()), discard)
	_, err := subject.Do(ctx,
		func(ctx context.Context) (int, error) { return 0, ctx.Err() },
		func(context.Context, error) (int, error) { t.Error("was used"); return 1, nil })
	require.ErrorIs(t, err, context.Canceled)
}

func TestFallbacksAreLoggedOncePerInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		subject := fallback.New[int]("prices", time.Minute, fallback.NewMetrics(prometheus.NewRegistry()), slog.New(slog.NewTextHandler(&logged, nil)))
		use := func() {
			_, err := subject.Do(t.Context(),
				func(context.Context) (int, error) { return 0, errDown },
				func(context.Context, error) (int, error) { return 1, nil })
			require.NoError(t, err)
		}
		for range 10 {
			use()
		}
		require.Equal(t, 1, strings.Count(logged.String(), "answer degraded"))
		time.Sleep(time.Minute)
		use()
		require.Equal(t, 2, strings.Count(logged.String(), "answer degraded"))
		require.Contains(t, logged.String(), "not_logged=9")
	})
}

func TestMetricNamesFollowTheConventions(t *testing.T) {
	registry := prometheus.NewRegistry()
	fallback.New[int]("prices", time.Minute, fallback.NewMetrics(registry), discard)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func Example() {
	prices := fallback.New[string]("payments", time.Minute, fallback.NewMetrics(prometheus.NewRegistry()), discard)
	price, err := prices.Do(context.Background(),
		func(context.Context) (string, error) { return "", errDown }, // stands for a call
		func(context.Context, error) (string, error) { return "the price of yesterday", nil })
	fmt.Println(price, err)
	// Output: the price of yesterday <nil>
}
