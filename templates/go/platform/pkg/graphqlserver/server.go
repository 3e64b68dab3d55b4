// Package graphqlserver serves a schema of gqlgen over HTTP, SSE and WebSocket
// with everything bounded: documents before they are validated, operations before
// they run, streams while they last.
package graphqlserver

import (
	"context"
	"errors"
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
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"goldpath.local/service/pkg/graphqlserver/admission"
	"goldpath.local/service/pkg/graphqlserver/limits"
	"goldpath.local/service/pkg/graphqlserver/streams"
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
	// Caller names who calls, for the bounds that every caller has; "" is nobody in
	// particular. Nil is nobody for all.
	Caller func(ctx context.Context) string
	// Limit refuses an operation on a WebSocket of a caller who has sent too many;
	// on HTTP, middleware does this. Nil refuses none.
	Limit func(ctx context.Context) error
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
	listenable  []string        // fields of Subscription, such as "Subscription.tasks"
	tracer      trace.Tracer
	graphql     *handler.Server
	streams     *streams.Members
	connections *streams.Members
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
		listenable:  listenable(schema.Schema().Subscription),
		tracer:      opts.Tracers.Tracer("graphqlserver"),
		graphql:     handler.New(schema),
		streams:     streams.NewMembers(cfg.Streams.Max, cfg.Streams.MaxPerCaller, opts.Metrics.subscriptions),
		connections: streams.NewMembers(cfg.Streams.MaxConnections, cfg.Streams.MaxPerCaller, opts.Metrics.connections),
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
	s.graphql.AddTransport(get{s})

	documents := lru.New[*ast.QueryDocument](s.cfg.DocumentCache)
	s.graphql.SetQueryCache(documents)
	s.graphql.SetErrorPresenter(s.present)
	s.graphql.SetRecoverFunc(s.recovered)
	s.graphql.SetDisableSuggestion(!s.cfg.Introspection)

	s.graphql.Use(socketLimit{s}) // before documents are read
	limits.Use(s.graphql, s.cfg.Limits, s.cfg.Introspection, lru.New[string](s.cfg.PersistedQueries), documents)
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
	if err := s.streams.Dismiss(ctx, streams.ErrStopping); err != nil {
		return fmt.Errorf("complete subscriptions: %w", err)
	}
	if err := s.connections.Dismiss(ctx, streams.ErrStopping); err != nil {
		return fmt.Errorf("close WebSockets: %w", err)
	}
	return nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(withTransport(r.Context(), transportHTTP))
	if refusal := admission.Request(r); refusal != nil {
		s.refuse(w, r, refusal)
		return
	}
	s.graphql.ServeHTTP(w, r)
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, why *admission.Refusal) {
	s.opts.Metrics.refused(why.Err.Reason)
	if why.Status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", why.Allow)
	}
	admission.WriteResponse(w, r, why.Status, &graphql.Response{Errors: gqlerror.List{s.present(r.Context(), why.Err)}})
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

func listenable(subscription *ast.Definition) []string {
	if subscription == nil {
		return nil
	}
	var names []string
	for _, field := range subscription.Fields {
		names = append(names, subscription.Name+"."+field.Name)
	}
	return names
}

// Config bounds what clients can take from the server.
type Config struct {
	// Introspection lets clients ask for the schema, and lets errors suggest names
	// from it.
	Introspection bool `mapstructure:"introspection"`
	// OperationTimeout bounds one query or mutation.
	OperationTimeout time.Duration `mapstructure:"operation_timeout"`
	// DocumentCache is how many documents are kept parsed and validated.
	DocumentCache int `mapstructure:"document_cache"`
	// PersistedQueries is how many documents clients may refer to by their hash.
	PersistedQueries int `mapstructure:"persisted_queries"`
	// Limits bounds one operation.
	Limits limits.Config `mapstructure:"limits"`
	// Streams bounds subscriptions.
	Streams streams.Config `mapstructure:"streams"`
}

// DefaultConfig returns bounds that fit ordinary clients, and no introspection.
func DefaultConfig() Config {
	return Config{
		OperationTimeout: 10 * time.Second,
		DocumentCache:    200,
		PersistedQueries: 500,
		Limits: limits.Config{
			Bytes:      16 << 10,
			Tokens:     2000,
			Fragments:  30,
			Depth:      10,
			Aliases:    20,
			Complexity: 2000,
		},
		Streams: streams.Config{
			Max:              1000,
			MaxConnections:   500,
			MaxPerConnection: 20,
			MaxPerCaller:     50,
			MaxMessageBytes:  64 << 10,
			InitTimeout:      5 * time.Second,
			KeepAlive:        15 * time.Second,
			WriteTimeout:     10 * time.Second,
		},
	}
}

// Validate returns everything that is wrong with the configuration at once.
func (c Config) Validate() error {
	return errors.Join(
		check(c.OperationTimeout > 0, "graphql.operation_timeout must be positive"),
		check(c.DocumentCache > 0 && c.PersistedQueries > 0,
			"graphql.document_cache and graphql.persisted_queries must be positive"),
		c.Limits.Validate(),
		c.Streams.Validate(),
	)
}

func check(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
