// Package graphqlserver serves a schema of gqlgen over HTTP, SSE and WebSocket
// with everything bounded: documents before they are validated, operations before
// they run, streams while they last.
package graphqlserver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"goldpath.local/service/pkg/lifecycle"
)

// Options are what a server works with. Log and Metrics are required.
type Options struct {
	// Log gets failures of resolvers, with their causes.
	Log *slog.Logger
	// Metrics measures operations and streams.
	Metrics *Metrics
	// Tracers makes a span for every operation and every resolver; nil makes none.
	Tracers trace.TracerProvider
	// Authenticate returns a context that knows the caller. It gets the value of
	// "Authorization" in the first message of a WebSocket; on HTTP, middleware does
	// this. Nil ignores the value.
	Authenticate func(ctx context.Context, authorization string) (context.Context, error)
	// ExpiresAt tells when the credentials of the caller in ctx end, and streams
	// with them; the zero time is never. Nil is never for all.
	ExpiresAt func(ctx context.Context) time.Time
	// Authorize decides whether the caller in ctx may select a field of Query,
	// Mutation or Subscription, such as "Query.tasks". Nil lets everybody.
	Authorize func(ctx context.Context, field string) error
	// Scope returns a context for one query, one mutation, or one event of a
	// subscription: the place for data loaders, which must not outlive it.
	Scope func(ctx context.Context) context.Context
}

// Server answers requests for one schema. Its Component must be in the lifecycle
// group after the HTTP server that it is mounted on, so that it stops before.
type Server struct {
	cfg         Config
	opts        Options
	roots       map[string]bool // names of the types Query, Mutation and Subscription
	tracer      trace.Tracer
	graphql     *handler.Server
	streams     *members
	connections *members
}

// New returns a server for a schema. The error is what is wrong with cfg.
func New(schema graphql.ExecutableSchema, cfg Config, opts Options) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if opts.Tracers == nil {
		opts.Tracers = noop.NewTracerProvider()
	}
	s := &Server{
		cfg:         cfg,
		opts:        opts,
		roots:       rootsOf(schema.Schema()),
		tracer:      opts.Tracers.Tracer("graphqlserver"),
		graphql:     handler.New(schema),
		streams:     newMembers(cfg.Streams.Max, opts.Metrics.subscriptions),
		connections: newMembers(cfg.Streams.MaxConnections, opts.Metrics.connections),
	}
	s.configure()
	return s, nil
}

// configure puts everything that an operation goes through in its order. gqlgen
// takes the first transport that fits, and its answers of the type that GraphQL
// over HTTP prescribes for clients that do not ask for another.
func (s *Server) configure() {
	s.graphql.AddTransport(webSocket{s})
	s.graphql.AddTransport(sse{s})
	s.graphql.AddTransport(transport.POST{UseGrapQLResponseJsonByDefault: true})
	s.graphql.AddTransport(transport.GET{UseGrapQLResponseJsonByDefault: true})

	documents := lru.New[*ast.QueryDocument](s.cfg.DocumentCache)
	s.graphql.SetQueryCache(documents)
	s.graphql.SetParserTokenLimit(s.cfg.Limits.Tokens)
	s.graphql.SetErrorPresenter(s.present)
	s.graphql.SetRecoverFunc(s.recovered)
	s.graphql.SetDisableSuggestion(!s.cfg.Introspection)

	s.graphql.Use(sizeLimit{s.cfg.Limits.Bytes}) // before anything is kept
	s.graphql.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](s.cfg.PersistedQueries)})
	s.graphql.Use(&shapeLimits{limits: s.cfg.Limits, introspection: s.cfg.Introspection, known: documents})
	if s.cfg.Introspection {
		s.graphql.Use(extension.Introspection{})
	}
	s.graphql.Use(operations{s})
}

// Component returns the server as part of a lifecycle group. To stop, it
// completes all subscriptions, closes all WebSockets, and waits until they are gone.
func (s *Server) Component() lifecycle.Component {
	return lifecycle.Component{Name: "graphql streams", Stop: s.stop}
}

func (s *Server) stop(ctx context.Context) error {
	if err := s.streams.dismiss(ctx, errStopping); err != nil {
		return fmt.Errorf("complete subscriptions: %w", err)
	}
	if err := s.connections.dismiss(ctx, errStopping); err != nil {
		return fmt.Errorf("close WebSockets: %w", err)
	}
	return nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(withTransport(r.Context(), transportHTTP))
	if refusal := admit(r); refusal != nil {
		s.refuse(w, r, refusal)
		return
	}
	s.graphql.ServeHTTP(w, r)
}

func rootsOf(schema *ast.Schema) map[string]bool {
	roots := map[string]bool{}
	for _, definition := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if definition != nil {
			roots[definition.Name] = true
		}
	}
	return roots
}
