package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/pkg/ratelimit"
)

func TestTheQuotaComesFromTheEnvironment(t *testing.T) {
	t.Setenv("APP_RATELIMIT_DEFAULT_REQUESTS", "7")
	t.Setenv("APP_RATELIMIT_DEFAULT_PERIOD", "1m")
	cfg, err := config.Load()
	require.NoError(t, err)
	want := ratelimit.Quota{Requests: 7, Period: time.Minute, Burst: config.Default().RateLimit.Default.Burst}
	require.Equal(t, want, cfg.RateLimit.Default)
}

func TestOperationsHaveQuotasOfTheirOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	content := `ratelimit: {operations: {"POST:/api/v1/tasks": {requests: 5, period: 1m, burst: 2}}}`
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	t.Setenv("APP_CONFIG_FILE", file)
	cfg, err := config.Load()
	require.NoError(t, err)
	require.Equal(t, ratelimit.Quota{Requests: 5, Period: time.Minute, Burst: 2}, cfg.RateLimit.Operations["post:/api/v1/tasks"])
}

func TestAQuotaOfNothingIsAMistake(t *testing.T) {
	cfg := config.Default()
	cfg.RateLimit.Default.Requests = 0
	require.ErrorContains(t, cfg.Validate(), "ratelimit.default")
}
