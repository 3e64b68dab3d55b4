package graphqlserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
)

// socket is one WebSocket, as gqlgen wants to see it. Beyond that it bounds how
// long a client may take to receive a message, and closes with the code that tells
// the client what to do.
type socket struct {
	conn          *websocket.Conn
	bounds        Streams
	ctx           context.Context // of the connection; its cause decides how to close
	subscriptions atomic.Int64
	close         func(code int, reason string) // starts to close, once
	closed        chan struct{}

	mu       sync.Mutex      // guards what follows
	known    context.Context // ends with the credentials of the caller; nil before
	release  context.CancelFunc
	deadline *time.Timer
}

var _ interface {
	transport.WebsocketImplementation
	transport.WebsocketConn
	transport.WebsocketReadLimiter
	transport.WebsocketReadDeadliner
} = (*socket)(nil)

func newSocket(ctx context.Context, conn *websocket.Conn, bounds Streams) *socket {
	s := &socket{conn: conn, bounds: bounds, ctx: ctx, closed: make(chan struct{})}
	var once sync.Once
	s.close = func(code int, reason string) { once.Do(func() { go s.shake(code, reason) }) }
	return s
}

// take takes one of the places for subscriptions, if there is one.
func (s *socket) take() bool {
	if s.subscriptions.Add(1) <= int64(s.bounds.MaxPerConnection) {
		return true
	}
	s.give()
	return false
}

func (s *socket) give() { s.subscriptions.Add(-1) }

// until returns a context that ends a little after the credentials do.
func (s *socket) until(ctx context.Context, expires time.Time) context.Context {
	if expires.IsZero() {
		return ctx
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.release = context.WithDeadlineCause(ctx, expires.Add(expiryGrace), errExpired)
	return s.known
}

// finish closes the connection if nobody has, and waits until it is.
func (s *socket) finish() {
	_ = s.WriteClose(transport.WebsocketCloseNormalClosure, "") // it cannot fail
	<-s.closed
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.release != nil {
		s.release()
	}
	s.stopDeadline()
}

// shake closes the connection by its handshake, for which the client has a few
// seconds.
func (s *socket) shake(code int, reason string) {
	defer close(s.closed)
	_ = s.conn.Close(websocket.StatusCode(code), reason) // it is gone either way
}

// Accept implements transport.WebsocketImplementation.
func (s *socket) Accept(http.ResponseWriter, *http.Request, transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	return s, nil
}

// Subprotocol implements transport.WebsocketConn.
func (s *socket) Subprotocol() string { return s.conn.Subprotocol() }

// NextReader implements transport.WebsocketConn. The context of the connection
// does not end it, or it could not be closed by its handshake.
func (s *socket) NextReader() (int, io.Reader, error) {
	kind, message, err := s.conn.Read(context.WithoutCancel(s.ctx))
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
		err = transport.ErrWebsocketClosed
	default:
	}
	return int(kind), bytes.NewReader(message), err
}

// WriteJSON implements transport.WebsocketConn. A client that does not take the
// message in time loses the connection.
func (s *socket) WriteJSON(message any) error {
	encoded, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), s.bounds.WriteTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, encoded)
}

// WriteClose implements transport.WebsocketConn.
func (s *socket) WriteClose(code int, reason string) error {
	s.close(s.explain(code, reason))
	return nil
}

// explain returns the code and reason that tell the client more than gqlgen's do.
func (s *socket) explain(code int, reason string) (int, string) {
	switch cause := s.cause(); {
	case errors.Is(cause, errStopping):
		return int(websocket.StatusGoingAway), errStopping.Error()
	case errors.Is(cause, errExpired):
		return closeForbidden, "the token has expired"
	}
	switch reason {
	case "connection initialisation timeout":
		return closeInitTimeout, reason
	case "decoding error", "unexpected message":
		return closeBadRequest, reason
	default:
		return code, reason
	}
}

func (s *socket) cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known != nil {
		return context.Cause(s.known)
	}
	return context.Cause(s.ctx)
}

// Close implements transport.WebsocketConn. gqlgen calls it after WriteClose,
// which closes, and has the time for it.
func (s *socket) Close() error { return nil }

// SetReadLimit implements transport.WebsocketReadLimiter.
func (s *socket) SetReadLimit(limit int64) { s.conn.SetReadLimit(limit) }

// SetReadDeadline implements transport.WebsocketReadDeadliner: the connection is
// cut at that time, unless another time or none is set before.
func (s *socket) SetReadDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopDeadline()
	if !at.IsZero() {
		s.deadline = time.AfterFunc(time.Until(at), func() { _ = s.conn.CloseNow() }) // it is gone either way
	}
	return nil
}

// stopDeadline needs the lock.
func (s *socket) stopDeadline() {
	if s.deadline != nil {
		s.deadline.Stop()
		s.deadline = nil
	}
}
