package grpcclient_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/grpcclient"
)

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, grpcclient.DefaultConfig("dns:///orders:9000").Validate())
	tests := map[string]func(*grpcclient.Config){
		"target":                func(c *grpcclient.Config) { c.Target = "" },
		"max_recv_bytes":        func(c *grpcclient.Config) { c.MaxRecvBytes = 0 },
		"max_send_bytes":        func(c *grpcclient.Config) { c.MaxSendBytes = 0 },
		"connect_timeout":       func(c *grpcclient.Config) { c.ConnectTimeout = 0 },
		"max_reconnect_delay":   func(c *grpcclient.Config) { c.MaxReconnectDelay = 0 },
		"deadline.default":      func(c *grpcclient.Config) { c.Deadline.Default = 0 },
		"deadline.max":          func(c *grpcclient.Config) { c.Deadline.Max = 1 },
		"deadline.reserve":      func(c *grpcclient.Config) { c.Deadline.Reserve = -1 },
		"retry.max_attempts":    func(c *grpcclient.Config) { c.Retry.MaxAttempts = 6 },
		"retry.initial_backoff": func(c *grpcclient.Config) { c.Retry.InitialBackoff = 0 },
		"retry.max_backoff":     func(c *grpcclient.Config) { c.Retry.MaxBackoff = 0 },
		"retry.budget.burst":    func(c *grpcclient.Config) { c.Retry.Budget.Burst = 501 },
		"retry.budget.ratio":    func(c *grpcclient.Config) { c.Retry.Budget.Ratio = 0 },
		"breaker.window":        func(c *grpcclient.Config) { c.Breaker.Window = 0 },
		"bulkhead.max_waiting":  func(c *grpcclient.Config) { c.Bulkhead.MaxWaiting = -1 },
		"keepalive.time":        func(c *grpcclient.Config) { c.Keepalive.Time = time.Second },
		"keepalive.timeout":     func(c *grpcclient.Config) { c.Keepalive.Timeout = 0 },
		"tls.enabled":           func(c *grpcclient.Config) { c.TLS.CAFile = "ca.pem" },
		"tls.cert_file":         func(c *grpcclient.Config) { c.TLS.Enabled, c.TLS.CertFile = true, "cert.pem" },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := grpcclient.DefaultConfig("dns:///orders:9000")
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}

func TestTargets(t *testing.T) {
	tests := map[string]bool{
		"dns:///orders.shop.svc:9000":        true,
		"dns://10.0.0.10/orders:9000":        true,
		"passthrough:///localhost:9000":      true,
		"static:///10.0.0.1:9000":            true,
		"static:///10.0.0.1:9000,[::1]:9001": true,
		"orders:9000":                        false,
		"http://orders:9000/":                false,
		"unix:///run/orders.sock":            false,
		"static:///":                         false,
		"static:///10.0.0.1":                 false,
		"static:///10.0.0.1:9000,":           false,
		"static:///10.0.0.1:9000,:9000":      false,
		"dns:///":                            false,
		"%":                                  false,
	}
	for target, valid := range tests {
		require.Equal(t, valid, grpcclient.DefaultConfig(target).Validate() == nil, target)
	}
}

// A target that is valid can be dialled; one that is not never panics.
func TestValidTargetsCanBeDialled(t *testing.T) {
	part := rapid.StringMatching(`[a-z0-9.:/,\[\]%-]{0,20}`)
	scheme := rapid.SampledFrom([]string{"dns:///", "static:///", "passthrough:///", "static:", "x:///", ""})
	rapid.Check(t, func(t *rapid.T) {
		target := scheme.Draw(t, "scheme") + part.Draw(t, "rest")
		cfg, opts, _ := options(target)
		conn, err := grpcclient.Dial("ledger", cfg, opts)
		if cfg.Validate() == nil {
			require.NoError(t, err, target)
		}
		if err == nil {
			require.NoError(t, conn.Close())
		}
	})
}

func TestDialTellsWhoseClientIsWrong(t *testing.T) {
	tests := map[string]func(*grpcclient.Config, *grpcclient.Options){
		"idempotent method": func(_ *grpcclient.Config, opts *grpcclient.Options) { opts.Idempotent = []string{"Orders/Get"} },
		"authorities": func(cfg *grpcclient.Config, _ *grpcclient.Options) {
			cfg.TLS = grpcclient.TLSConfig{Enabled: true, CAFile: "missing.pem"}
		},
		"certificate": func(cfg *grpcclient.Config, _ *grpcclient.Options) {
			cfg.TLS = grpcclient.TLSConfig{Enabled: true, CertFile: "missing.pem", KeyFile: "missing.pem"}
		},
		"control character": func(cfg *grpcclient.Config, _ *grpcclient.Options) { cfg.Target = "dns:///\x7f" },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg, opts, _ := options("dns:///orders:9000")
			spoil(&cfg, &opts)
			_, err := grpcclient.Dial("orders", cfg, opts)
			require.ErrorContains(t, err, "client of orders")
			require.ErrorContains(t, err, want)
		})
	}
}

func TestTheConfigurationIsLoaded(t *testing.T) {
	type service struct {
		Orders grpcclient.Config `mapstructure:"orders"`
	}
	t.Setenv("APP_ORDERS_TARGET", "static:///127.0.0.1:9000")
	t.Setenv("APP_ORDERS_DEADLINE_DEFAULT", "7s")
	t.Setenv("APP_ORDERS_RETRY_BUDGET_BURST", "3")
	t.Setenv("APP_ORDERS_BREAKER_FAILURE_RATIO", "0.9")
	defaults := service{Orders: grpcclient.DefaultConfig("dns:///orders:9000")}
	loaded, err := config.Load(defaults, config.Options{EnvPrefix: "APP"})
	require.NoError(t, err)
	want := grpcclient.DefaultConfig("static:///127.0.0.1:9000")
	want.Deadline.Default = 7 * time.Second
	want.Retry.Budget.Burst = 3
	want.Breaker.FailureRatio = 0.9
	require.Equal(t, want, loaded.Orders)
}
