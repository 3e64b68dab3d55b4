package streams

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

// Codes with which "GraphQL over WebSocket" closes connections.
const (
	closeBadRequest = 4400
	// CloseForbidden is for callers who are not known, or not any more.
	CloseForbidden   = 4403
	closeInitTimeout = 4408
	// CloseTryAgain is for callers who may come back later (RFC 6455, registry of codes).
	CloseTryAgain = int(websocket.StatusTryAgainLater)
)

// expiryGrace lets the last message of every subscription out before the
// connection of a caller whose credentials have ended is closed.
const expiryGrace = time.Second

// Socket is one WebSocket, as gqlgen wants to see it. Beyond that it bounds how
// long a client may take to receive a message, and closes with the code that tells
// the client what to do.
type Socket struct {
	conn          *websocket.Conn
	bounds        Config
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
} = (*Socket)(nil)

// NewSocket returns an accepted connection. The cause of ctx, once it ends, decides
// how the connection is closed.
func NewSocket(ctx context.Context, conn *websocket.Conn, bounds Config) *Socket {
	s := &Socket{conn: conn, bounds: bounds, ctx: ctx, closed: make(chan struct{})}
	var once sync.Once
	s.close = func(code int, reason string) { once.Do(func() { go s.shake(code, reason) }) }
	return s
}

// Take takes one of the places for subscriptions, if there is one.
func (s *Socket) Take() bool {
	if s.subscriptions.Add(1) <= int64(s.bounds.MaxPerConnection) {
		return true
	}
	s.Give()
	return false
}

// Give gives one of them back.
func (s *Socket) Give() { s.subscriptions.Add(-1) }

// Until returns a context that ends a little after the credentials do.
func (s *Socket) Until(ctx context.Context, expires time.Time) context.Context {
	if expires.IsZero() {
		return ctx
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.release = context.WithDeadlineCause(ctx, expires.Add(expiryGrace), ErrExpired)
	return s.known
}

// Finish closes the connection if nobody has, and waits until it is.
func (s *Socket) Finish() {
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
func (s *Socket) shake(code int, reason string) {
	defer close(s.closed)
	_ = s.conn.Close(websocket.StatusCode(code), reason) // it is gone either way
}

// Accept implements transport.WebsocketImplementation.
func (s *Socket) Accept(http.ResponseWriter, *http.Request, transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	return s, nil
}

// Subprotocol implements transport.WebsocketConn.
func (s *Socket) Subprotocol() string { return s.conn.Subprotocol() }

// NextReader implements transport.WebsocketConn. The context of the connection
// does not end it, or it could not be closed by its handshake.
func (s *Socket) NextReader() (int, io.Reader, error) {
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
func (s *Socket) WriteJSON(message any) error {
	encoded, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), s.bounds.WriteTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, encoded)
}

// WriteClose implements transport.WebsocketConn.
func (s *Socket) WriteClose(code int, reason string) error {
	s.close(s.explain(code, reason))
	return nil
}

// explain returns the code and reason that tell the client more than gqlgen's do.
func (s *Socket) explain(code int, reason string) (int, string) {
	switch cause := s.cause(); {
	case errors.Is(cause, ErrStopping):
		return int(websocket.StatusGoingAway), ErrStopping.Error()
	case errors.Is(cause, ErrExpired):
		return CloseForbidden, "the token has expired"
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

func (s *Socket) cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known != nil {
		return context.Cause(s.known)
	}
	return context.Cause(s.ctx)
}

// Close implements transport.WebsocketConn. gqlgen calls it after WriteClose,
// which closes, and has the time for it.
func (s *Socket) Close() error { return nil }

// SetReadLimit implements transport.WebsocketReadLimiter.
func (s *Socket) SetReadLimit(limit int64) { s.conn.SetReadLimit(limit) }

// SetReadDeadline implements transport.WebsocketReadDeadliner: the connection is
// cut at that time, unless another time or none is set before.
func (s *Socket) SetReadDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopDeadline()
	if !at.IsZero() {
		s.deadline = time.AfterFunc(time.Until(at), func() { _ = s.conn.CloseNow() }) // it is gone either way
	}
	return nil
}

// stopDeadline needs the lock.
func (s *Socket) stopDeadline() {
	if s.deadline != nil {
		s.deadline.Stop()
		s.deadline = nil
	}
}
