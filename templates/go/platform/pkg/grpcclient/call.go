package grpcclient

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/apierror/grpcstatus"
	"goldpath.local/service/pkg/requestid"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/retry"
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
		Retry:    retry.Config{MaxAttempts: 1}, // gRPC does that
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

// stream opens a stream. It has its place in the bulkhead until it ends, and what
// it ends with is what the breaker counts.
func (c *caller) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	end := c.metrics.begin(ctx, c.name, method, streamKind(desc))
	leave, err := c.policy.Admit(ctx)
	if err != nil {
		end(err)
		return nil, err
	}
	s := &clientStream{single: !desc.ServerStreams}
	s.finish = func(err error) {
		s.once.Do(func() {
			leave(err)
			end(err)
		})
	}
	s.ClientStream, err = open(withRequestID(ctx), desc, conn, method, opts...)
	if err != nil {
		err = mapError(err)
		s.finish(err)
		return nil, err
	}
	// Those who stop reading must end the context: nobody else tells us.
	s.unfollow = context.AfterFunc(ctx, func() { s.finish(ctx.Err()) })
	return s, nil
}

func streamKind(desc *grpc.StreamDesc) string {
	switch {
	case desc.ClientStreams && desc.ServerStreams:
		return "bidi_stream"
	case desc.ClientStreams:
		return "client_stream"
	default:
		return "server_stream"
	}
}

// clientStream maps errors and notices the end.
type clientStream struct {
	grpc.ClientStream

	single   bool // the server answers with one message
	once     sync.Once
	finish   func(error)
	unfollow func() bool
}

// Header waits for the header of the answer.
func (s *clientStream) Header() (metadata.MD, error) {
	md, err := s.ClientStream.Header()
	return md, s.failed(err)
}

// SendMsg sends a message; io.EOF means that RecvMsg knows why not.
func (s *clientStream) SendMsg(m any) error {
	err := s.ClientStream.SendMsg(m)
	if errors.Is(err, io.EOF) {
		return err
	}
	return s.failed(err)
}

// RecvMsg receives a message, or io.EOF at the end.
func (s *clientStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	switch {
	case err == nil && s.single, errors.Is(err, io.EOF):
		s.unfollow()
		s.finish(nil)
		return err
	default:
		return s.failed(err)
	}
}

// failed maps an error, which ends the stream.
func (s *clientStream) failed(err error) error {
	if err == nil {
		return nil
	}
	err = mapError(err)
	s.unfollow()
	s.finish(err)
	return err
}
