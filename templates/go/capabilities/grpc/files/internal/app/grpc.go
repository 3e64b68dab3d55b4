package app

import (
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/resilience/loadshed"
)

// rpc is the port of the gRPC API.
type rpc struct {
	grpc *grpcserver.Server
}

// wireGRPC adds the port of the gRPC API.
func (a *App) wireGRPC() error {
	cfg := a.cfg.GRPC.Config
	opts := grpcserver.Options{
		Log:     a.log,
		Fail:    a.group.Fail,
		Metrics: interceptor.NewMetrics(a.registry),
		Domain:  a.cfg.Service.Name,
		Health:  a.probes,
		Shedder: loadshed.New("grpc", a.cfg.GRPC.Shedding, a.registry),
	}
	if a.telemetry.Enabled() {
		opts.Telemetry = a.telemetry
	}
	//% if cookiecutter.postgres == "yes"
	opts.Unary = append(opts.Unary, trackCallWrites)
	//% endif
	//% if cookiecutter.jwt == "yes"
	cfg.PublicMethods = append(publicMethods(), cfg.PublicMethods...)
	opts.Hooks.Authenticate = a.authenticateCall
	opts.Stream = append(opts.Stream, endWithToken)
	//% endif
	//% if cookiecutter.rbac == "yes"
	opts.Hooks.Authorize = a.authorizeCall()
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	opts.Hooks.Limit = a.limitCall
	//% endif
	server, err := grpcserver.New("grpc", cfg, opts)
	if err != nil {
		return err
	}
	registerServices(server, a.useCases)
	//% if cookiecutter.ratelimit == "yes"
	a.announceMethods(server.Methods())
	//% endif
	a.grpc = server
	a.group.Add(server.Component())
	return nil
}
