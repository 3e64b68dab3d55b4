package graphqlserver

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

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
func decode(body io.Reader, params *graphql.RawParams) error {
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	return decoder.Decode(params)
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

// errTooMany refuses a subscription on a WebSocket that carries enough.
var errTooMany = apierror.New(apierror.Unavailable, "TOO_MANY_SUBSCRIPTIONS", "this connection has too many subscriptions")

type socketKey struct{}

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
	left, err := t.connections.Join(leave)
	if err != nil {
		t.refuse(w, r, &admission.Refusal{Status: http.StatusServiceUnavailable, Err: apierror.From(err)})
		return
	}
	defer left()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:   []string{admission.Protocol},
		OriginPatterns: t.cfg.Streams.AllowedOrigins,
	})
	if err != nil {
		return // it has answered
	}
	t.serve(ctx, w, r, exec, streams.NewSocket(ctx, conn, t.cfg.Streams))
}

func (t webSocket) serve(ctx context.Context, w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, s *streams.Socket) {
	defer s.Finish()
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
			refused := transport.WithWebsocketCloseCode(transport.AppendCloseReason(ctx, message), streams.CloseForbidden)
			return refused, nil, err
		}
		ctx = known
	}
	if s, ok := ctx.Value(socketKey{}).(*streams.Socket); ok {
		ctx = s.Until(ctx, t.expiry(ctx))
	}
	return ctx, nil, nil
}
