package graphqlserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver/admission"
	"goldpath.local/service/pkg/graphqlserver/streams"
)

// sse serves operations as server-sent events, in the "distinct connections mode"
// of GraphQL over SSE: one POST is one operation, which its responses and an event
// "complete" answer. gqlgen's own transport is not used: it writes from a goroutine
// that outlives the handler, and it logs bodies.
type sse struct{ *Server }

var _ graphql.Transport = sse{}

// Supports implements graphql.Transport.
func (sse) Supports(r *http.Request) bool { return admission.IsEvents(r) && !admission.IsUpgrade(r) }

// Do implements graphql.Transport. It answers as POST does while there is no
// stream yet.
func (t sse) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	begin := graphql.Now()
	params := &graphql.RawParams{Headers: r.Header}
	if err := decode(r.Body, params); err != nil {
		t.refuse(w, r, &admission.Refusal{Status: http.StatusBadRequest, Err: admission.ErrUnreadable.WithCause(err)})
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: begin, End: graphql.Now()}
	ctx, cancel := context.WithCancel(withTransport(r.Context(), transportSSE))
	defer cancel()
	operation, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		response := exec.DispatchError(graphql.WithOperationContext(ctx, operation), errs)
		admission.WriteResponse(w, r, http.StatusBadRequest, response)
		return
	}
	responses, ctx := exec.DispatchOperation(ctx, operation)
	events := produce(ctx, responses)
	t.write(streams.NewEventWriter(w, t.cfg.Streams.WriteTimeout), events)
	cancel()
	for range events { // until the operation has ended, so that nothing outlives the request
	}
}

// decode keeps numbers as they are written, as gqlgen wants them.
func decode(body io.Reader, target any) error {
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	return decoder.Decode(target)
}

// produce encodes responses as they come. It does so before it asks for the next,
// whose data gqlgen writes into the same memory.
func produce(ctx context.Context, responses graphql.ResponseHandler) <-chan []byte {
	events := make(chan []byte)
	go func() {
		defer close(events)
		for response := responses(ctx); response != nil; response = responses(ctx) {
			encoded, err := json.Marshal(response)
			if err != nil {
				encoded = unencodable
			}
			events <- encoded
		}
	}()
	return events
}

// unencodable stands for a response that is no JSON, which a scalar of the schema
// would have to make.
var unencodable = []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL_SERVER_ERROR","reason":"INTERNAL"}}]}`)

// write sends events until there are no more or the client is gone.
func (t sse) write(w *streams.EventWriter, events <-chan []byte) {
	alive := time.NewTicker(t.cfg.Streams.KeepAlive)
	defer alive.Stop()
	if w.Send(":\n\n") != nil { // lets the client know that it is listened to
		return
	}
	for {
		var err error
		select {
		case event, ok := <-events:
			if !ok {
				_ = w.Send("event: complete\ndata:\n\n") // a client that has gone cannot be told anything
				return
			}
			err = w.Send("event: next\ndata: " + string(event) + "\n\n")
			alive.Reset(t.cfg.Streams.KeepAlive)
		case <-alive.C:
			err = w.Send(":\n\n")
		}
		if err != nil {
			return
		}
	}
}

// get serves queries of GET requests. gqlgen's own transport answers others in
// words of its own.
type get struct{ *Server }

var _ graphql.Transport = get{}

// Supports implements graphql.Transport.
func (get) Supports(r *http.Request) bool { return r.Method == http.MethodGet }

// Do implements graphql.Transport.
func (t get) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	begin := graphql.Now()
	params, err := paramsOf(r)
	if err != nil {
		t.refuse(w, r, &admission.Refusal{Status: http.StatusBadRequest, Err: admission.ErrUnreadable.WithCause(err)})
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: begin, End: graphql.Now()}
	operation, errs := exec.CreateOperationContext(r.Context(), params)
	switch {
	case errs != nil:
		response := exec.DispatchError(graphql.WithOperationContext(r.Context(), operation), errs)
		admission.WriteResponse(w, r, http.StatusBadRequest, response)
	case operation.Operation.Operation != ast.Query:
		t.refuse(w, r, admission.QueriesOnly)
	default:
		responses, ctx := exec.DispatchOperation(r.Context(), operation)
		admission.WriteResponse(w, r, http.StatusOK, responses(ctx))
	}
}

// paramsOf reads the query of a URL ("GraphQL over HTTP", GET).
func paramsOf(r *http.Request) (*graphql.RawParams, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	params := &graphql.RawParams{Query: query.Get("query"), OperationName: query.Get("operationName"), Headers: r.Header}
	for name, target := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := query.Get(name); text != "" {
			if err := decode(strings.NewReader(text), target); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return params, nil
}

// errTooMany refuses a subscription on a WebSocket that carries enough.
var errTooMany = apierror.New(apierror.Unavailable, "TOO_MANY_SUBSCRIPTIONS", "this connection has too many subscriptions")

type (
	connectionKey struct{}
	clientIPKey   struct{}
)

// WithClientIP returns a context that knows where a request comes from, which only
// who serves it can tell from the proxy before it.
func WithClientIP(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, clientIPKey{}, address)
}

// ClientIP returns the address that WithClientIP was given, or "".
func ClientIP(ctx context.Context) string {
	address, _ := ctx.Value(clientIPKey{}).(string)
	return address
}

// connection is a WebSocket that has a place.
type connection struct {
	*streams.Socket
	member *streams.Member
}

// webSocket is gqlgen's transport for WebSockets within bounds that it has not.
type webSocket struct{ *Server }

var _ graphql.Transport = webSocket{}

// Supports implements graphql.Transport.
func (webSocket) Supports(r *http.Request) bool { return admission.IsUpgrade(r) }

// Do implements graphql.Transport. It returns when the connection is closed.
func (t webSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if why := admission.Socket(r, t.cfg.Streams.AllowedOrigins); why != nil {
		t.refuse(w, r, why)
		return
	}
	ctx, leave := context.WithCancelCause(withTransport(r.Context(), transportWebSocket))
	defer leave(nil)
	member, err := t.connections.Join(leave)
	if err != nil {
		t.refuse(w, r, &admission.Refusal{Status: http.StatusServiceUnavailable, Err: apierror.From(err)})
		return
	}
	defer member.Leave()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:   []string{admission.Protocol},
		OriginPatterns: t.cfg.Streams.AllowedOrigins,
	})
	if err != nil {
		return // it has answered
	}
	t.serve(ctx, w, r, exec, &connection{streams.NewSocket(ctx, conn, t.cfg.Streams), member})
}

func (t webSocket) serve(ctx context.Context, w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, conn *connection) {
	defer conn.Finish()
	gqlgen := transport.Websocket{
		Implementation:   conn,
		InitFunc:         t.init,
		InitTimeout:      t.cfg.Streams.InitTimeout,
		PingPongInterval: t.cfg.Streams.KeepAlive,
		PayloadReadLimit: &t.cfg.Streams.MaxMessageBytes,
	}
	gqlgen.Do(w, r.WithContext(context.WithValue(ctx, connectionKey{}, conn)), exec)
}

// init finds out who the caller is from the first message. Without credentials
// there, it is who the HTTP request said, if anybody. Who may listen to nothing, or
// has too many connections, does not get another.
func (t webSocket) init(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	ctx, err := t.identify(ctx, payload.Authorization())
	if err == nil {
		err = t.welcome(ctx)
	}
	if err != nil {
		return t.turnAway(ctx, apierror.From(err))
	}
	if conn, ok := ctx.Value(connectionKey{}).(*connection); ok {
		ctx = conn.Until(ctx, t.expiry(ctx))
	}
	return ctx, nil, nil
}

func (t webSocket) identify(ctx context.Context, authorization string) (context.Context, error) {
	if authorization == "" || t.opts.Authenticate == nil {
		return ctx, nil
	}
	known, err := t.opts.Authenticate(ctx, authorization)
	if err != nil {
		return ctx, err
	}
	return known, nil
}

// welcome takes one of the caller's places for connections.
func (t webSocket) welcome(ctx context.Context) error {
	if err := t.mayListen(ctx); err != nil {
		return err
	}
	if conn, ok := ctx.Value(connectionKey{}).(*connection); ok {
		return conn.member.Claim(t.caller(ctx))
	}
	return nil
}

// mayListen returns nil when the caller may subscribe to anything.
func (s *Server) mayListen(ctx context.Context) (err error) {
	if s.opts.Authorize == nil {
		return nil
	}
	for _, field := range s.listenable {
		if err = s.opts.Authorize(ctx, field); err == nil {
			return nil
		}
	}
	return err
}

// turnAway has the connection closed with the code that tells the client whether
// to come back.
func (t webSocket) turnAway(ctx context.Context, why *apierror.Error) (context.Context, *transport.InitPayload, error) {
	t.opts.Metrics.refused(why.Reason)
	code := streams.CloseForbidden
	if why.Kind == apierror.Unavailable {
		code = streams.CloseTryAgain
	}
	return transport.WithWebsocketCloseCode(transport.AppendCloseReason(ctx, why.Message), code), nil, why
}

// socketLimit asks for every operation of a WebSocket whether the caller may send
// one more, before anything is done for it.
type socketLimit struct{ *Server }

var _ graphql.OperationParameterMutator = socketLimit{}

// ExtensionName implements graphql.HandlerExtension.
func (socketLimit) ExtensionName() string { return "SocketLimit" }

// Validate implements graphql.HandlerExtension.
func (socketLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator.
func (l socketLimit) MutateOperationParameters(ctx context.Context, _ *graphql.RawParams) *gqlerror.Error {
	if l.opts.Limit == nil || ctx.Value(transportKey{}) != transportWebSocket {
		return nil
	}
	if err := l.opts.Limit(ctx); err != nil {
		return l.present(ctx, err)
	}
	return nil
}
