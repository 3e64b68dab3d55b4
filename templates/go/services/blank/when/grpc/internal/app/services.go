package app

import (
	"google.golang.org/grpc"

	"goldpath.local/service/internal/handlers/grpcapi"
)

// registerServices puts the services of the gRPC API onto its port.
func registerServices(port grpc.ServiceRegistrar, u useCases) {
	grpcapi.NewAPI(u.tasks).Register(port)
}
