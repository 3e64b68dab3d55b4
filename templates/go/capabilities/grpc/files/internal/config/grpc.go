package config

import (
	"errors"
	"fmt"

	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/resilience/loadshed"
)

// GRPC configures the port of the gRPC API.
type GRPC struct {
	grpcserver.Config `mapstructure:",squash"`

	// Shedding says when calls are turned away at once, because they would be
	// answered too late.
	Shedding loadshed.Config `mapstructure:"shedding"`
}

// defaultGRPC tells nobody the API: whoever calls has the contract.
func defaultGRPC() GRPC {
	cfg := GRPC{Config: grpcserver.DefaultConfig(), Shedding: loadshed.DefaultConfig()}
	cfg.Addr = ":8081"
	return cfg
}

// validateGRPC also keeps what helps developers out of production.
func (c Config) validateGRPC() error {
	return errors.Join(
		c.GRPC.Validate(),
		c.GRPC.validateShedding(),
		require(!c.GRPC.Reflection || c.Service.Environment != "production", "grpc.reflection must be off in production"),
	)
}

func (c GRPC) validateShedding() error {
	if err := c.Shedding.Validate(); err != nil {
		return fmt.Errorf("grpc.shedding: %w", err)
	}
	return nil
}
