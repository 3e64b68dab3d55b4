package grpcapi_test

import (
	"google.golang.org/grpc"

	"goldpath.local/service/internal/handlers/grpcapi"
)

// methods returns every method that is served, by its full name.
func methods() []string {
	server := grpc.NewServer()
	grpcapi.NewAPI(nil).Register(server)
	var names []string
	for service, info := range server.GetServiceInfo() {
		for _, method := range info.Methods {
			names = append(names, "/"+service+"/"+method.Name)
		}
	}
	return names
}
