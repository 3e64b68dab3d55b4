package config

import (
	"errors"

	"goldpath.local/service/pkg/grpcserver"
)

// GRPC configures the port of the gRPC API.
type GRPC = grpcserver.Config

// defaultGRPC tells nobody the API: whoever calls has the contract.
func defaultGRPC() GRPC {
	cfg := grpcserver.DefaultConfig()
	cfg.Addr = ":8081"
	return cfg
}

// validateGRPC also keeps what helps developers out of production.
func (c Config) validateGRPC() error {
	return errors.Join(
		c.GRPC.Validate(),
		require(!c.GRPC.Reflection || c.Service.Environment != "production", "grpc.reflection must be off in production"),
	)
}
