package grpcclient

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/apierror/grpcstatus"
	"goldpath.local/service/pkg/requestid"
	"goldpath.local/service/pkg/resilience"
)

// caller is what the calls of one client go through: see the package.
type caller struct {
	name     string
	deadline time.Duration
	policy   *resilience.Policy
	metrics  *Metrics
}

func newCaller(name string, cfg Config, opts Options) *caller {
	policy := resilience.Config{
		Timeout:  resilience.TimeoutConfig{Total: cfg.Deadline.Max, Reserve: cfg.Deadline.Reserve},
		Retry:    resilience.RetryConfig{MaxAttempts: 1}, // gRPC does that
		Breaker:  cfg.Breaker,
		Bulkhead: cfg.Bulkhead,
	}
	return &caller{
		name:     name,
		deadline: cfg.Deadline.Default + cfg.Deadline.Reserve, // which the policy takes off
		policy:   resilience.NewPolicy(name, policy, opts.Resilience, opts.Log),
		metrics:  opts.Metrics,
	}
}

// unary makes one call.
func (c *caller) unary(
	ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) (err error) {
	end := c.metrics.begin(ctx, c.name, method, "unary")
	defer func() { end(err) }()
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	return c.policy.Once(ctx, func(ctx context.Context) error {
		return mapError(invoke(withRequestID(ctx), method, req, reply, conn, opts...))
	})
}

func (c *caller) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.deadline)
}

// mapError returns the error that the server sent.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	return grpcstatus.ToError(err)
}

var requestIDKey = strings.ToLower(requestid.Header)

// withRequestID sends the id of the request that the context belongs to, unless
// the caller has chosen one.
func withRequestID(ctx context.Context) context.Context {
	id := requestid.From(ctx)
	if sent, _ := metadata.FromOutgoingContext(ctx); id == "" || len(sent[requestIDKey]) > 0 {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, requestIDKey, id)
}
