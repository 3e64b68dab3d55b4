package interceptor_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/grpcserver/interceptor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	method = "/ledger.v1.Ledger/Post"
	probe  = "/grpc.health.v1.Health/Check"
)

// transport stands for the connection: it takes the metadata of the answer.
type transport struct{ header, trailer metadata.MD }

func (*transport) Method() string { return method }

func (t *transport) SetHeader(md metadata.MD) error {
	t.header = metadata.Join(t.header, md)
	return nil
}

func (t *transport) SendHeader(md metadata.MD) error { return t.SetHeader(md) }

func (t *transport) SetTrailer(md metadata.MD) error {
	t.trailer = metadata.Join(t.trailer, md)
	return nil
}

// messages is a stream whose messages go nowhere.
type messages struct {
	grpc.ServerStream

	ctx       context.Context
	transport *transport
	first     metadata.MD // the header as it was when the first message left
}

func (m *messages) Context() context.Context { return m.ctx }

func (m *messages) SetHeader(md metadata.MD) error { return m.transport.SetHeader(md) }

func (m *messages) SendHeader(md metadata.MD) error { return m.transport.SetHeader(md) }

func (m *messages) SendMsg(any) error {
	if m.first == nil {
		m.first = m.transport.header.Copy()
	}
	return nil
}

// fixture is what a chain is made of, and what it leaves.
type fixture struct {
	options  interceptor.Options
	registry *prometheus.Registry
	logs     bytes.Buffer
}

func newFixture() *fixture {
	f := &fixture{registry: prometheus.NewRegistry()}
	f.options = interceptor.Options{
		Log:      slog.New(slog.NewJSONHandler(&f.logs, nil)),
		Metrics:  interceptor.NewMetrics(f.registry),
		Domain:   "ledger",
		Deadline: interceptor.DeadlineConfig{Default: time.Minute, Max: time.Hour},
	}
	return f
}

// unary sends a call through the chain to the handler.
func (f *fixture) unary(ctx context.Context, fullMethod string, handler func(context.Context) error) (*transport, error) {
	sent := &transport{}
	chain, _ := interceptor.Chain(f.options) //nolint:contextcheck // a chain is made once, not for a call
	ctx = grpc.NewContextWithServerTransportStream(ctx, sent)
	_, err := chain(ctx, nil, &grpc.UnaryServerInfo{FullMethod: fullMethod}, func(ctx context.Context, _ any) (any, error) {
		return nil, handler(ctx)
	})
	return sent, err
}

// stream opens a stream through the chain to the handler.
func (f *fixture) stream(ctx context.Context, fullMethod string, handler func(grpc.ServerStream) error) (*messages, error) {
	sent := &transport{}
	_, chain := interceptor.Chain(f.options) //nolint:contextcheck // as above
	stream := &messages{ctx: grpc.NewContextWithServerTransportStream(ctx, sent), transport: sent}
	info := &grpc.StreamServerInfo{FullMethod: fullMethod, IsServerStream: true}
	err := chain(nil, stream, info, func(_ any, stream grpc.ServerStream) error { return handler(stream) })
	return stream, err
}

func done(context.Context) error { return nil }

// bearing returns a context whose call brings these authorizations.
func bearing(t testing.TB, authorizations ...string) context.Context {
	return metadata.NewIncomingContext(t.Context(), metadata.MD{"authorization": authorizations})
}
