package interceptor

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// call is what interceptors know of a call, and tell each other about it.
type call struct {
	// method is the full name, "/package.Service/Method". Clients cannot invent
	// it: calls of unknown methods reach no interceptor.
	method string
	// kind is unary, client_stream, server_stream or bidi_stream.
	kind string
	// probe is true for health and reflection.
	probe bool
	// reply is the metadata of the answer.
	reply *reply
	// innermost is the context that knows most about the call, for its log record.
	innermost context.Context
}

const unary = "unary"

func (c *call) isStream() bool { return c.kind != unary }

func streamKind(info *grpc.StreamServerInfo) string {
	switch {
	case info.IsClientStream && info.IsServerStream:
		return "bidi_stream"
	case info.IsClientStream:
		return "client_stream"
	default:
		return "server_stream"
	}
}

// interceptor is one thing that is done around every call, unary or stream. It
// runs the rest of the call by next, with the context that the rest should have.
type interceptor func(ctx context.Context, c *call, next func(context.Context) error) error

// compose returns interceptors as one, the first one outermost.
func compose(all ...interceptor) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		for i := len(all) - 1; i >= 0; i-- {
			outer, inner := all[i], next
			next = func(ctx context.Context) error { return outer(ctx, c, inner) }
		}
		return next(ctx)
	}
}

// forUnary returns the interceptor as gRPC wants it for unary calls.
func (i interceptor) forUnary() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		c := &call{method: info.FullMethod, kind: unary, probe: probes.has(info.FullMethod), reply: &reply{}, innermost: ctx}
		var res any
		err := i(ctx, c, func(ctx context.Context) (err error) {
			res, err = handler(ctx, req)
			return err
		})
		c.reply.finish(grpc.ServerTransportStreamFromContext(ctx), err)
		return res, err
	}
}

// forStream returns the interceptor as gRPC wants it for streams.
func (i interceptor) forStream() grpc.StreamServerInterceptor {
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx := ss.Context()
		c := &call{method: info.FullMethod, kind: streamKind(info), probe: probes.has(info.FullMethod), reply: &reply{}, innermost: ctx}
		err := i(ctx, c, func(ctx context.Context) error {
			return handler(srv, &serverStream{ServerStream: ss, ctx: ctx, reply: c.reply})
		})
		c.reply.finish(grpc.ServerTransportStreamFromContext(ctx), err)
		return err
	}
}

// serverStream gives handlers the context that interceptors made, and sends the
// metadata of the answer ahead of the first message.
type serverStream struct {
	grpc.ServerStream

	ctx   context.Context
	reply *reply
}

// Context returns the context of the call.
func (s *serverStream) Context() context.Context { return s.ctx }

// SendHeader sends the header now, with what interceptors have to say in it.
func (s *serverStream) SendHeader(md metadata.MD) error {
	s.reply.asHeader(s.ServerStream)
	return s.ServerStream.SendHeader(md)
}

// SendMsg sends a message.
func (s *serverStream) SendMsg(m any) error {
	s.reply.asHeader(s.ServerStream)
	return s.ServerStream.SendMsg(m)
}

// reply is metadata of the answer. It leaves as a header with the first message,
// and as a trailer when the call fails before there is one: a client that has
// received a header may not retry the call (gRPC proposal A6), so a header that
// only tells the id of the request would switch off all retries.
type reply struct{ pairs [][2]string }

// set adds a pair, unless gRPC could not carry it: one such pair would spoil the
// whole answer.
func (r *reply) set(key, value string) {
	key = strings.ToLower(key)
	if sendable(key, value) {
		r.pairs = append(r.pairs, [2]string{key, value})
	}
}

// sendable reports whether key and value are ASCII metadata, as "gRPC over
// HTTP/2" defines it.
func sendable(key, value string) bool {
	const inKeys = "abcdefghijklmnopqrstuvwxyz0123456789-_."
	notInKeys := func(c rune) bool { return !strings.ContainsRune(inKeys, c) }
	unprintable := func(c rune) bool { return c < ' ' || c > '~' }
	return key != "" && !strings.HasSuffix(key, "-bin") && !strings.ContainsFunc(key, notInKeys) &&
		!strings.ContainsFunc(value, unprintable)
}

// headerSetter is a ServerStream or what is under it.
type headerSetter interface {
	SetHeader(md metadata.MD) error
}

// transportStream is a grpc.ServerTransportStream.
type transportStream interface {
	headerSetter
	SetTrailer(md metadata.MD) error
}

// asHeader adds what is there to the header.
func (r *reply) asHeader(to headerSetter) {
	if len(r.pairs) > 0 {
		// It fails only if the header has been sent: by a handler that wanted so.
		_ = to.SetHeader(r.take())
	}
}

// finish sends what has not been sent yet.
func (r *reply) finish(to transportStream, err error) {
	if err == nil {
		r.asHeader(to)
		return
	}
	if len(r.pairs) > 0 {
		_ = to.SetTrailer(r.take())
	}
}

func (r *reply) take() metadata.MD {
	md := metadata.MD{}
	for _, pair := range r.pairs {
		md.Append(pair[0], pair[1])
	}
	r.pairs = nil
	return md
}
