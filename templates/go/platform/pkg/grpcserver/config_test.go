package grpcserver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/grpcserver"
)

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, grpcserver.DefaultConfig().Validate())
	tests := map[string]func(*grpcserver.Config){
		"grpc.addr":                   func(c *grpcserver.Config) { c.Addr = "" },
		"grpc.max_recv_bytes":         func(c *grpcserver.Config) { c.MaxRecvBytes = 0 },
		"grpc.max_send_bytes":         func(c *grpcserver.Config) { c.MaxSendBytes = 0 },
		"grpc.max_header_bytes":       func(c *grpcserver.Config) { c.MaxHeaderBytes = 0 },
		"grpc.max_concurrent_streams": func(c *grpcserver.Config) { c.MaxConcurrentStreams = 0 },
		"grpc.connection_timeout":     func(c *grpcserver.Config) { c.ConnectionTimeout = 0 },
		"grpc.health_interval":        func(c *grpcserver.Config) { c.HealthInterval = 0 },
		"grpc.keepalive":              func(c *grpcserver.Config) { c.Keepalive.MaxConnectionAge = 0 },
		"grpc.deadline.default":       func(c *grpcserver.Config) { c.Deadline.Default = 0 },
		"grpc.deadline.max":           func(c *grpcserver.Config) { c.Deadline.Max = time.Millisecond },
		"grpc.tls":                    func(c *grpcserver.Config) { c.TLS.ClientCAFile = "ca.pem" },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := grpcserver.DefaultConfig()
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}

func TestPatternsOfPublicMethods(t *testing.T) {
	tests := map[string]bool{
		"/auth.v1.Auth/Login": true, "/auth.v1.Auth/*": true,
		"": false, "/": false, "/auth.v1.Auth": false, "auth.v1.Auth/Login": false, "/auth.v1.Auth/": false,
		"//Login": false, "/auth.v1.*/Login": false, "/*/*": false, "/auth.v1.Auth/Log*": false, "/a/b/c": false,
	}
	for pattern, valid := range tests {
		cfg := grpcserver.DefaultConfig()
		cfg.PublicMethods = []string{pattern}
		require.Equal(t, valid, cfg.Validate() == nil, pattern)
	}
}

func TestTheConfigurationIsLoaded(t *testing.T) {
	type service struct {
		GRPC grpcserver.Config `mapstructure:"grpc"`
	}
	t.Setenv("APP_GRPC_ADDR", ":9999")
	t.Setenv("APP_GRPC_KEEPALIVE_MAX_CONNECTION_AGE", "7m")
	t.Setenv("APP_GRPC_PUBLIC_METHODS", "/auth.v1.Auth/Login,/grpc.health.v1.Health/*")
	t.Setenv("APP_GRPC_DEADLINE_REQUIRED", "true")
	loaded, err := config.Load(service{GRPC: grpcserver.DefaultConfig()}, config.Options{EnvPrefix: "APP"})
	require.NoError(t, err)
	want := grpcserver.DefaultConfig()
	want.Addr = ":9999"
	want.Keepalive.MaxConnectionAge = 7 * time.Minute
	want.PublicMethods = []string{"/auth.v1.Auth/Login", "/grpc.health.v1.Health/*"}
	want.Deadline.Required = true
	require.Equal(t, want, loaded.GRPC)
}
