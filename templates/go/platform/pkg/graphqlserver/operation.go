package graphqlserver

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver/streams"
)

// maxName bounds the name of an operation, which clients choose.
const maxName = 64

// How an operation arrived.
const (
	transportHTTP      = "http"
	transportSSE       = "sse"
	transportWebSocket = "websocket"
)

var (
	errNeedsStream = apierror.New(apierror.Invalid, "STREAM_REQUIRED", "subscribe over "+streams.TypeEvents+" or a WebSocket")
	errNeedsHTTP   = apierror.New(apierror.Invalid, "STREAM_NOT_ALLOWED", "send queries and mutations by POST")
)

type (
	transportKey struct{}
	operationKey struct{}
	noteKey      struct{}
)

func withTransport(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, transportKey{}, name)
}

// Note is what a request turned out to be, for the log of who serves it.
type Note struct {
	// Type is query, mutation or subscription, or "" if no operation was run.
	Type string
	// Name is what the client calls it, cut to 64 characters, or "".
	Name string
}

// WithNote returns a context whose request is described in the note once it is
// served. The operations of a WebSocket are not.
func WithNote(ctx context.Context) (context.Context, *Note) {
	note := &Note{}
	return context.WithValue(ctx, noteKey{}, note), note
}

// operation is one operation while it runs.
type operation struct {
	kind      ast.Operation
	name      string
	transport string
	reported  atomic.Bool // whether a failure was logged
}

// newOperation puts the operation that ctx is about to run into its context.
func newOperation(ctx context.Context) (context.Context, *operation) {
	definition := graphql.GetOperationContext(ctx).Operation
	op := &operation{kind: definition.Operation, name: definition.Name[:min(len(definition.Name), maxName)]}
	op.transport, _ = ctx.Value(transportKey{}).(string)
	if note, ok := ctx.Value(noteKey{}).(*Note); ok && op.transport != transportWebSocket {
		*note = Note{Type: string(op.kind), Name: op.name}
	}
	return context.WithValue(ctx, operationKey{}, op), op
}

// operationOf returns the operation that ctx runs, or nil.
func operationOf(ctx context.Context) *operation {
	op, _ := ctx.Value(operationKey{}).(*operation)
	return op
}

// operations is what every operation goes through.
type operations struct{ *Server }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
	graphql.ResponseInterceptor
	graphql.FieldInterceptor
} = operations{}

// ExtensionName implements graphql.HandlerExtension.
func (operations) ExtensionName() string { return "Operations" }

// Validate implements graphql.HandlerExtension.
func (operations) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation runs an operation.
func (o operations) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	ctx, op := newOperation(ctx)
	isStream := op.transport != transportHTTP
	switch {
	case op.kind == ast.Subscription && isStream:
		return o.subscribe(ctx, op, next)
	case op.kind == ast.Subscription:
		return graphql.OneShot(o.failure(ctx, errNeedsStream))
	case op.transport == transportWebSocket:
		// On HTTP it passes what guards every request.
		return graphql.OneShot(o.failure(ctx, errNeedsHTTP))
	default:
		return o.execute(ctx, op, next)
	}
}

// execute runs a query or mutation within its time.
func (o operations) execute(ctx context.Context, op *operation, next graphql.OperationHandler) graphql.ResponseHandler {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, o.cfg.OperationTimeout)
	ctx, span := o.startOperation(ctx, op)
	responses := next(o.scope(ctx))
	answered := false
	return func(ctx context.Context) *graphql.Response {
		if answered {
			return nil
		}
		answered = true
		defer cancel()
		response := responses(ctx)
		if response == nil { // its time was over before it began
			response = o.failure(ctx, ctx.Err())
		}
		outcome := outcomeOf(response.Errors)
		o.opts.Metrics.executed(ctx, op, outcome, time.Since(begin))
		endOperation(span, response.Errors)
		return response
	}
}

// InterceptResponse counts what is refused before it runs, and gives every event
// of a subscription a scope of its own.
func (o operations) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	op := operationOf(ctx)
	if op == nil {
		response := next(ctx)
		if response != nil && len(response.Errors) > 0 {
			o.opts.Metrics.refused(reasonOf(response.Errors[0]))
		}
		return response
	}
	if op.kind == ast.Subscription {
		ctx = o.scope(ctx)
	}
	return next(ctx)
}

// InterceptField authorises fields of the root types and traces resolvers.
func (o operations) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	if !field.IsResolver {
		return next(ctx)
	}
	name := field.Object + "." + field.Field.Name
	if o.opts.Authorize != nil && o.roots[field.Object] {
		if err := o.opts.Authorize(ctx, name); err != nil {
			return nil, err
		}
	}
	ctx, span := o.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindInternal))
	defer span.End()
	result, err := next(ctx)
	if err != nil {
		markFailed(span, apierror.From(err).Reason)
	}
	return result, err
}

func (o operations) scope(ctx context.Context) context.Context {
	if o.opts.Scope == nil {
		return ctx
	}
	return o.opts.Scope(ctx)
}

// failure returns a response that tells only err.
func (s *Server) failure(ctx context.Context, err error) *graphql.Response {
	return &graphql.Response{Errors: gqlerror.List{s.present(ctx, err)}}
}
