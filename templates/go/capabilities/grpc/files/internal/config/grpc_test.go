package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestEveryMistakeOfGRPCIsNamed(t *testing.T) {
	tests := map[string]func(*config.Config){
		"grpc.addr":             func(c *config.Config) { c.GRPC.Addr = "" },
		"grpc.deadline.default": func(c *config.Config) { c.GRPC.Deadline.Default = 0 },
		"grpc.shedding":         func(c *config.Config) { c.GRPC.Shedding.MinLimit = 0 },
		"grpc.reflection":       func(c *config.Config) { c.Service.Environment, c.GRPC.Reflection = "production", true },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := config.Default()
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}
