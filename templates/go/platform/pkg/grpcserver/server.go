// Package grpcserver runs a gRPC server as a lifecycle component, with every
// bound set, and with what every call goes through: see package interceptor.
package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/stats"

	"goldpath.local/service/pkg/grpcserver/grpchealth"
	"goldpath.local/service/pkg/grpcserver/interceptor"
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
	Metrics *interceptor.Metrics
	// Domain says whose error reasons these are: the name of the service.
	Domain string
	// Health is what the health service answers from; nil is always ready.
	Health *health.Registry
	// Telemetry traces calls; nil does not.
	Telemetry Telemetry
	// Hooks authenticate, authorise and limit.
	Hooks interceptor.Hooks
	// Shedder refuses calls while there is too much to do; nil never does.
	Shedder interceptor.Shedder
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
	grpc_health_v1.RegisterHealthServer(s.grpc, grpchealth.New(opts.Health, cfg.HealthInterval, s.stopping, s.grpc.GetServiceInfo))
	if cfg.Reflection {
		reflection.Register(s.grpc)
	}
	return s, nil
}

func (s *Server) interceptors() []grpc.ServerOption {
	unary, stream := interceptor.Chain(interceptor.Options{
		Log:           s.opts.Log,
		Metrics:       s.opts.Metrics,
		Domain:        s.opts.Domain,
		Deadline:      s.cfg.Deadline,
		Hooks:         s.opts.Hooks,
		PublicMethods: s.cfg.PublicMethods,
		Shedder:       s.opts.Shedder,
		Stopping:      s.stopping,
	})
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(append([]grpc.UnaryServerInterceptor{unary}, s.opts.Unary...)...),
		grpc.ChainStreamInterceptor(append([]grpc.StreamServerInterceptor{stream}, s.opts.Stream...)...),
	}
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

// Methods returns the full names of the methods that are served, sorted, such as
// "/tasks.v1.TaskService/GetTask".
func (s *Server) Methods() []string {
	var names []string
	for service, info := range s.grpc.GetServiceInfo() {
		for _, method := range info.Methods {
			names = append(names, "/"+service+"/"+method.Name)
		}
	}
	slices.Sort(names)
	return names
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

// Telemetry makes spans and reads their headers; telemetry.Telemetry is one.
type Telemetry interface {
	// TracerProvider makes the spans.
	TracerProvider() trace.TracerProvider
	// Propagator reads the caller's trace.
	Propagator() propagation.TextMapPropagator
}

// tracing gives every call a span, as a part of the caller's trace if there is
// one. Probes have none, messages are not recorded, and measurements are not
// taken twice.
func tracing(telemetry Telemetry) grpc.ServerOption {
	if telemetry == nil {
		return grpc.EmptyServerOption{}
	}
	return grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(telemetry.TracerProvider()),
		otelgrpc.WithPropagators(telemetry.Propagator()),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return !interceptor.IsProbe(info.FullMethodName) }),
	))
}
