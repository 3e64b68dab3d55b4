package httpclient_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

func newMetrics() *resilience.Metrics { return resilience.NewMetrics(prometheus.NewRegistry()) }

// policyConfig has waits that are easy to reckon with.
func policyConfig() resilience.Config {
	cfg := resilience.DefaultConfig()
	cfg.Timeout = resilience.TimeoutConfig{Total: 10 * time.Second, Attempt: time.Second}
	cfg.Retry.MaxElapsed = time.Minute
	return cfg
}

func requireReason(t require.TestingT, err error, kind apierror.Kind, reason string) {
	var typed *apierror.Error
	require.ErrorAs(t, err, &typed)
	require.Equal(t, kind, typed.Kind)
	require.Equal(t, reason, typed.Reason)
}
