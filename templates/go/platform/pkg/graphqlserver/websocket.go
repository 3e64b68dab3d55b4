package graphqlserver

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

	"goldpath.local/service/pkg/apierror"
)

// protocol is the only subprotocol that is spoken ("GraphQL over WebSocket").
const protocol = "graphql-transport-ws"

// Codes with which that protocol closes connections.
const (
	closeBadRequest  = 4400
	closeForbidden   = 4403
	closeInitTimeout = 4408
)

// expiryGrace lets the last message of every subscription out before the
// connection of a caller whose credentials have ended is closed.
const expiryGrace = time.Second

// errTooMany refuses a subscription on a WebSocket that carries enough.
var errTooMany = apierror.New(apierror.Unavailable, "TOO_MANY_SUBSCRIPTIONS", "this connection has too many subscriptions")

type socketKey struct{}

// webSocket is gqlgen's transport for WebSockets within bounds that it has not.
type webSocket struct{ *Server }

var _ graphql.Transport = webSocket{}

// Supports implements graphql.Transport.
func (webSocket) Supports(r *http.Request) bool { return isUpgrade(r) }

// Do implements graphql.Transport. It returns when the connection is closed.
func (t webSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if why := t.admitSocket(r); why != nil {
		t.refuse(w, r, why)
		return
	}
	ctx, leave := context.WithCancelCause(withTransport(r.Context(), transportWebSocket))
	defer leave(nil)
	left, err := t.connections.join(leave)
	if err != nil {
		t.refuse(w, r, &refusal{http.StatusServiceUnavailable, apierror.From(err)})
		return
	}
	defer left()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:   []string{protocol},
		OriginPatterns: t.cfg.Streams.AllowedOrigins,
	})
	if err != nil {
		return // it has answered
	}
	t.serve(ctx, w, r, exec, newSocket(ctx, conn, t.cfg.Streams))
}

func (t webSocket) serve(ctx context.Context, w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, s *socket) {
	defer s.finish()
	gqlgen := transport.Websocket{
		Implementation:   s,
		InitFunc:         t.init,
		InitTimeout:      t.cfg.Streams.InitTimeout,
		PingPongInterval: t.cfg.Streams.KeepAlive,
		PayloadReadLimit: &t.cfg.Streams.MaxMessageBytes,
	}
	gqlgen.Do(w, r.WithContext(context.WithValue(ctx, socketKey{}, s)), exec)
}

// init finds out who the caller is from the first message. Without credentials
// there, it is who the HTTP request said, if anybody: what an operation needs is
// decided when there is one.
func (t webSocket) init(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	if authorization := payload.Authorization(); authorization != "" && t.opts.Authenticate != nil {
		known, err := t.opts.Authenticate(ctx, authorization)
		if err != nil {
			message := apierror.From(err).Message
			refused := transport.WithWebsocketCloseCode(transport.AppendCloseReason(ctx, message), closeForbidden)
			return refused, nil, err
		}
		ctx = known
	}
	if s, ok := ctx.Value(socketKey{}).(*socket); ok {
		ctx = s.until(ctx, t.expiry(ctx))
	}
	return ctx, nil, nil
}

// admitSocket refuses pages of strangers, which browsers let open WebSockets with
// the cookies of their users, and clients that do not speak the protocol.
func (t webSocket) admitSocket(r *http.Request) *refusal {
	switch {
	case !allowedOrigin(r, t.cfg.Streams.AllowedOrigins):
		return &refusal{http.StatusForbidden, apierror.New(apierror.PermissionDenied, "ORIGIN_NOT_ALLOWED", "the origin is not allowed")}
	case !offers(r, protocol):
		return refuseWith(http.StatusBadRequest, "SUBPROTOCOL_REQUIRED", "speak "+protocol)
	default:
		return nil
	}
}

// allowedOrigin reports whether a request comes from no page, from one of this
// host, or from one of the others that are allowed.
func allowedOrigin(r *http.Request, others []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	address, err := url.Parse(origin)
	sameHost := err == nil && strings.EqualFold(address.Host, r.Host)
	return sameHost || slices.ContainsFunc(others, func(other string) bool { return strings.EqualFold(other, origin) })
}

func offers(r *http.Request, name string) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(offered) == name {
				return true
			}
		}
	}
	return false
}
