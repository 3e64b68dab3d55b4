package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestDefaultsAreValid(t *testing.T) {
	cfg, err := config.Load()
	require.NoError(t, err)
	require.Equal(t, config.Default(), cfg)
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte("admin: {addr: ':1', read_timeout: 2s}\nlog: {backend: zap}\n"), 0o600))
	t.Setenv("APP_CONFIG_FILE", file)
	t.Setenv("APP_ADMIN_ADDR", ":2")
	t.Setenv("APP_TELEMETRY_SAMPLE_RATIO", "0.25")

	cfg, err := config.Load()

	require.NoError(t, err)
	require.Equal(t, ":2", cfg.Admin.Addr)
	require.Equal(t, 2*time.Second, cfg.Admin.ReadTimeout)
	require.Equal(t, "zap", cfg.Log.Backend)
	require.InDelta(t, 0.25, cfg.Telemetry.SampleRatio, 0)
}

func TestEveryMistakeIsNamed(t *testing.T) {
	tests := map[string]func(*config.Config){
		"service.name":              func(c *config.Config) { c.Service.Name = "" },
		"admin.addr":                func(c *config.Config) { c.Admin.Addr = "" },
		"log.backend":               func(c *config.Config) { c.Log.Backend = "glog" },
		"telemetry.sample_ratio":    func(c *config.Config) { c.Telemetry.SampleRatio = 2 },
		"telemetry.flush_timeout":   func(c *config.Config) { c.Telemetry.FlushTimeout = 0 },
		"lifecycle.start_timeout":   func(c *config.Config) { c.Lifecycle.StartTimeout = 0 },
		"lifecycle.stop_timeout":    func(c *config.Config) { c.Lifecycle.StopTimeout = 0 },
		"lifecycle.probe_timeout":   func(c *config.Config) { c.Lifecycle.ProbeTimeout = 0 },
		"lifecycle.drain_delay":     func(c *config.Config) { c.Lifecycle.DrainDelay = -1 },
		"lifecycle.reload_interval": func(c *config.Config) { c.Lifecycle.ReloadInterval = -1 },
		"log level":                 func(c *config.Config) { c.Dynamic.LogLevel = "loud" },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := config.Default()
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}

func TestReloadChangesTheDynamicSectionOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	write := func(content string) { require.NoError(t, os.WriteFile(file, []byte(content), 0o600)) }
	write("dynamic: {log_level: info}\n")
	t.Setenv("APP_CONFIG_FILE", file)
	store, err := config.NewStore()
	require.NoError(t, err)

	write("dynamic: {log_level: debug}\nadmin: {addr: ':1'}\n")
	outcome, err := store.Reload()
	require.NoError(t, err)
	require.True(t, outcome.Applied)
	require.True(t, outcome.NeedsRestart)
	require.Equal(t, "debug", store.Get().Dynamic.LogLevel)
	require.Equal(t, config.Default().Admin.Addr, store.Get().Admin.Addr)

	write("dynamic: {log_level: loud}\n")
	_, err = store.Reload()
	require.ErrorContains(t, err, "loud")
	require.Equal(t, "debug", store.Get().Dynamic.LogLevel, "the configuration in force stays")
}

func TestBrokenFilesAreRefused(t *testing.T) {
	t.Setenv("APP_CONFIG_FILE", filepath.Join(t.TempDir(), "missing.yaml"))
	_, err := config.NewStore()
	require.ErrorIs(t, err, os.ErrNotExist)
}
