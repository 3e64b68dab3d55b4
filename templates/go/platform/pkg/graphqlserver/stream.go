package graphqlserver

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver/streams"
)

// Why a subscription ended, for the metric.
const (
	endCompleted = "completed" // there is nothing more to tell
	endLeft      = "left"      // the client went away, or does not read
	endExpired   = "expired"   // the credentials of the caller have ended
	endStopping  = "stopping"  // the server stops
	endFailed    = "failed"    // an error, such as a subscriber that is too slow
)

type streamKey struct{}

// stream is one subscription while it lasts.
type stream struct {
	server    *Server
	ctx       context.Context // the cause of its end is why the stream ends
	responses graphql.ResponseHandler
	failure   atomic.Pointer[error] // set by the resolver, before its channel is closed
	ended     bool
}

// subscribe opens a subscription. Its responses end, after one with an error
// where there is something to say, as soon as the resolver has no more, the
// caller's credentials end, or the server stops.
func (o operations) subscribe(ctx context.Context, op *operation, next graphql.OperationHandler) graphql.ResponseHandler {
	outer := ctx
	ctx, leave := context.WithCancelCause(ctx)
	left, err := o.joinStreams(ctx, leave)
	if err != nil {
		leave(err)
		o.opts.Metrics.refused(apierror.From(err).Reason)
		return graphql.OneShot(o.failure(outer, err))
	}
	// Transports end the context of an operation once they have sent all of it.
	context.AfterFunc(outer, left)
	ctx, release := o.untilExpiry(ctx)
	context.AfterFunc(outer, release)
	st := &stream{server: o.Server}
	ctx = context.WithValue(ctx, streamKey{}, st)
	st.ctx = ctx
	ctx, span := o.startOperation(ctx, op)
	st.responses = next(ctx)
	span.End() // the span is how long it took to subscribe: the stream may last for days
	return st.next
}

// joinStreams takes a place among the subscriptions of the server, among those of
// the caller and, on a WebSocket, among those of the connection. It returns what
// gives all of them back.
func (s *Server) joinStreams(ctx context.Context, leave context.CancelCauseFunc) (func(), error) {
	member, err := s.streams.Join(leave)
	if err != nil {
		return nil, err
	}
	if err := member.Claim(s.caller(ctx)); err != nil {
		member.Leave()
		return nil, err
	}
	conn, ok := ctx.Value(connectionKey{}).(*connection)
	switch {
	case !ok:
		return member.Leave, nil
	case !conn.Take():
		member.Leave()
		return nil, errTooMany
	default:
		return func() { conn.Give(); member.Leave() }, nil
	}
}

func (s *Server) caller(ctx context.Context) string {
	if s.opts.Caller == nil {
		return ""
	}
	return s.opts.Caller(ctx)
}

// untilExpiry returns a context that ends with the credentials of the caller.
func (s *Server) untilExpiry(ctx context.Context) (context.Context, context.CancelFunc) {
	if expires := s.expiry(ctx); !expires.IsZero() {
		return context.WithDeadlineCause(ctx, expires, streams.ErrExpired)
	}
	return context.WithCancel(ctx)
}

func (s *Server) expiry(ctx context.Context) time.Time {
	if s.opts.ExpiresAt == nil {
		return time.Time{}
	}
	return s.opts.ExpiresAt(ctx)
}

func (st *stream) next(ctx context.Context) *graphql.Response {
	if st.ended {
		return nil
	}
	if response := st.responses(ctx); response != nil {
		return response
	}
	st.ended = true
	why, err := st.end()
	st.server.opts.Metrics.ended(why)
	if err == nil {
		return nil
	}
	return st.server.failure(ctx, err)
}

// end returns why the stream has ended, and what the client is told about it.
func (st *stream) end() (why string, err error) {
	cause, failure := context.Cause(st.ctx), st.failure.Load()
	switch {
	case errors.Is(cause, streams.ErrExpired):
		return endExpired, streams.ErrExpired
	case errors.Is(cause, streams.ErrStopping):
		return endStopping, nil
	case cause != nil:
		return endLeft, nil //nolint:nilerr // nobody is there to be told
	case failure != nil:
		return endFailed, *failure
	default:
		return endCompleted, nil
	}
}

// Stream returns the channel of a resolver of a subscription. It runs produce,
// which sends events until it has no more or send returns false because nobody
// listens. An error that produce returns, other than io.EOF, is the last thing the
// client is told. ctx must be the one that the resolver got.
func Stream[T any](ctx context.Context, produce func(send func(T) bool) error) <-chan T {
	events := make(chan T)
	send := func(event T) bool {
		select {
		case events <- event:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(events)
		err := guarded(ctx, func() error { return produce(send) })
		if st, ok := ctx.Value(streamKey{}).(*stream); ok && err != nil && !errors.Is(err, io.EOF) {
			st.failure.Store(&err)
		}
	}()
	return events
}

// guarded turns a panic into an error: in a goroutine it would end the process.
func guarded(ctx context.Context, run func() error) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = graphql.GetOperationContext(ctx).Recover(ctx, recovered)
		}
	}()
	return run()
}
