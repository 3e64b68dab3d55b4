// Package grpcserver runs a gRPC server as a lifecycle component, with every
// bound set, and with what every call goes through: see chain.
package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/lifecycle"
)

// Options are what a server works with. Log, Fail and Metrics are required.
type Options struct {
	// Log gets one record per call.
	Log *slog.Logger
	// Fail gets the error of an accept loop; usually lifecycle.Group.Fail.
	Fail func(error)
	// Metrics measures calls.
	Metrics *Metrics
	// Domain says whose error reasons these are: the name of the service.
	Domain string
	// Health is what the health service answers from; nil is always ready.
	Health *health.Registry
	// Telemetry traces calls; nil does not.
	Telemetry Telemetry
	// Hooks authenticate, authorise and limit.
	Hooks Hooks
	// Shedder refuses calls while there is too much to do; nil never does.
	Shedder Shedder
	// Unary and Stream are the service's own, inside of everything else.
	Unary  []grpc.UnaryServerInterceptor
	Stream []grpc.StreamServerInterceptor
}

// Server is one listener and its services. Register services before Start.
type Server struct {
	name     string
	cfg      Config
	opts     Options
	grpc     *grpc.Server
	listener net.Listener
	stopping chan struct{}
	announce func() // closes stopping
	done     chan struct{}
}

// New returns a server that is not listening yet. The health service is on it
// already. The error tells what is wrong with the TLS files.
func New(name string, cfg Config, opts Options) (*Server, error) {
	s := &Server{name: name, cfg: cfg, opts: opts, stopping: make(chan struct{}), done: make(chan struct{})}
	s.announce = sync.OnceFunc(func() { close(s.stopping) })
	security, err := transportSecurity(cfg.TLS)
	if err != nil {
		return nil, err
	}
	serverOpts := append(bounds(cfg), security, tracing(opts.Telemetry))
	s.grpc = grpc.NewServer(append(serverOpts, s.interceptors()...)...)
	grpc_health_v1.RegisterHealthServer(s.grpc, &healthService{
		registry: opts.Health,
		interval: cfg.HealthInterval,
		stopping: s.stopping,
		services: s.grpc.GetServiceInfo,
	})
	if cfg.Reflection {
		reflection.Register(s.grpc)
	}
	return s, nil
}

func bounds(cfg Config) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(cfg.MaxRecvBytes),
		grpc.MaxSendMsgSize(cfg.MaxSendBytes),
		grpc.MaxHeaderListSize(cfg.MaxHeaderBytes),
		grpc.MaxConcurrentStreams(cfg.MaxConcurrentStreams),
		grpc.ConnectionTimeout(cfg.ConnectionTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle:     cfg.Keepalive.MaxConnectionIdle,
			MaxConnectionAge:      cfg.Keepalive.MaxConnectionAge,
			MaxConnectionAgeGrace: cfg.Keepalive.MaxConnectionAgeGrace,
			Time:                  cfg.Keepalive.Time,
			Timeout:               cfg.Keepalive.Timeout,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime:             cfg.Keepalive.MinClientInterval,
			PermitWithoutStream: true,
		}),
	}
}

// RegisterService adds a service; generated Register functions call it.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, impl any) {
	s.grpc.RegisterService(desc, impl)
}

// Component returns the server as part of a lifecycle group.
func (s *Server) Component() lifecycle.Component {
	return lifecycle.Component{Name: s.name, Start: s.Start, Stop: s.Stop}
}

// Start binds the address and serves in the background.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.StartOn(ctx, listener)
	return nil
}

// StartOn serves a listener that is there already, in the background.
func (s *Server) StartOn(ctx context.Context, listener net.Listener) {
	s.listener = listener
	s.opts.Log.InfoContext(ctx, "listening", "server", s.name, "addr", s.Addr())
	go func() {
		defer close(s.done)
		if err := s.grpc.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			s.opts.Fail(fmt.Errorf("serve %s: %w", s.name, err))
		}
	}()
}

// Addr returns the address that Start bound, e.g. "127.0.0.1:41234".
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Stop closes the listener, tells clients to go elsewhere, and waits for calls in
// flight. When ctx ends first, they are cut off and the error says so.
func (s *Server) Stop(ctx context.Context) error {
	s.announce()
	graceful := make(chan struct{})
	go func() {
		defer close(graceful)
		s.grpc.GracefulStop()
	}()
	var err error
	select {
	case <-graceful:
	case <-ctx.Done():
		err = fmt.Errorf("cut off calls in flight: %w", ctx.Err())
		s.grpc.Stop()
	}
	<-s.done
	return err
}
