// Package grpchealth answers grpc.health.v1, which balancers and clients ask.
package grpchealth

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/lifecycle"
)

// Service answers grpc.health.v1 from the registry that the probes ask:
// SERVING while the service is ready, NOT_SERVING as soon as it drains or stops.
// All services of the server have the same health.
type Service struct {
	grpc_health_v1.UnimplementedHealthServer

	registry *health.Registry // nil is always ready
	interval time.Duration
	stopping <-chan struct{}
	services func() map[string]grpc.ServiceInfo

	mu    sync.Mutex // guards what follows, also while the checks run
	asked time.Time
	ready bool
}

// New returns the health of the services that the function names. registry may be
// nil, which is always ready; its checks are asked at most once per interval.
// stopping is closed when the server begins to stop.
func New(
	registry *health.Registry, interval time.Duration, stopping <-chan struct{}, services func() map[string]grpc.ServiceInfo,
) *Service {
	return &Service{registry: registry, interval: interval, stopping: stopping, services: services}
}

// Check answers for one service, or for all by the name "".
func (h *Service) Check(ctx context.Context, req *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if !h.knows(req.GetService()) {
		return nil, status.Error(codes.NotFound, "unknown service")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: h.status(ctx)}, nil
}

// List answers for every service.
func (h *Service) List(ctx context.Context, _ *grpc_health_v1.HealthListRequest) (*grpc_health_v1.HealthListResponse, error) {
	now := &grpc_health_v1.HealthCheckResponse{Status: h.status(ctx)}
	all := map[string]*grpc_health_v1.HealthCheckResponse{"": now}
	for name := range h.services() {
		all[name] = now
	}
	return &grpc_health_v1.HealthListResponse{Statuses: all}, nil
}

// Watch answers now and after every change. It ends when the server stops, which
// waits for nobody who watches.
func (h *Service) Watch(req *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	ticker := time.NewTicker(h.interval)
	defer ticker.Stop()
	last := grpc_health_v1.HealthCheckResponse_UNKNOWN
	for {
		leaving := h.stopped() // looked at first, so that the last answer is sent
		now := grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN
		if h.knows(req.GetService()) {
			now = h.status(stream.Context())
		}
		if now != last {
			if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: now}); err != nil {
				return err
			}
			last = now
		}
		if leaving {
			return status.Error(codes.Unavailable, "the server stops")
		}
		select {
		case <-ticker.C:
		case <-h.stopping:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func (h *Service) knows(service string) bool {
	if service == "" {
		return true
	}
	_, ok := h.services()[service]
	return ok
}

func (h *Service) status(ctx context.Context) grpc_health_v1.HealthCheckResponse_ServingStatus {
	if h.isReady(ctx) {
		return grpc_health_v1.HealthCheckResponse_SERVING
	}
	return grpc_health_v1.HealthCheckResponse_NOT_SERVING
}

// isReady asks the checks at most once per interval, however many clients watch.
// The state of the service costs nothing and is always fresh. Who happens to ask
// first may go away without spoiling the answer for the others.
func (h *Service) isReady(ctx context.Context) bool {
	if h.stopped() {
		return false
	}
	if h.registry == nil {
		return true
	}
	if h.registry.State() != lifecycle.Running {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked.IsZero() || time.Since(h.asked) >= h.interval {
		_, h.ready = h.registry.Readiness(context.WithoutCancel(ctx))
		h.asked = time.Now()
	}
	return h.ready
}

func (h *Service) stopped() bool {
	select {
	case <-h.stopping:
		return true
	default:
		return false
	}
}
