package graphqlserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/graphqlserver"
	"goldpath.local/service/pkg/requestid"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// How long, and how often, a test looks for what happens elsewhere.
const (
	waitLimit = 10 * time.Second
	tick      = time.Millisecond
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { name: String!, tree: Tree, list(first: Int!): [Tree!]! }
	type Tree { name: String!, child: Tree, children(first: Int!): [Tree!]! }
	type Mutation { set(name: String!): String! }
	type Subscription { ticks: Int! }
`})

// resolver answers a field of a root type; for a subscription with a channel.
type resolver func(ctx context.Context) (any, error)

// executable is the schema with resolvers by name, such as "Query.name". It does
// for root fields what generated code does.
func executable(resolvers map[string]resolver) graphql.ExecutableSchema {
	return &graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ComplexityFunc: func(_ context.Context, _, field string, child int, args map[string]any) (int, bool) {
			first, ok := args["first"].(int64)
			if !ok || field == "name" {
				return 0, false
			}
			return 1 + int(first)*child, true
		},
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			operation := graphql.GetOperationContext(ctx)
			if operation.Operation.Operation == ast.Subscription {
				return subscription(ctx, operation, resolvers)
			}
			done := false
			return func(ctx context.Context) *graphql.Response {
				if done {
					return nil
				}
				done = true
				return answerOf(ctx, operation, resolvers)
			}
		},
	}
}

func answerOf(ctx context.Context, operation *graphql.OperationContext, resolvers map[string]resolver) *graphql.Response {
	object := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation"}[operation.Operation.Operation]
	data := map[string]any{}
	for _, field := range graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{object}) {
		data[field.Alias] = resolve(ctx, operation, object, field, resolvers)
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		return graphql.ErrorResponse(ctx, "encode: %v", err)
	}
	return &graphql.Response{Data: encoded}
}

func resolve(
	ctx context.Context, operation *graphql.OperationContext, object string, field graphql.CollectedField, resolvers map[string]resolver,
) (result any) {
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: object, Field: field, IsResolver: field.Name[0] != '_'})
	defer func() {
		if recovered := recover(); recovered != nil {
			graphql.AddError(ctx, operation.Recover(ctx, recovered))
		}
	}()
	result, err := operation.ResolverMiddleware(ctx, func(ctx context.Context) (any, error) {
		if answer, ok := resolvers[object+"."+field.Name]; ok {
			return answer(ctx)
		}
		return field.Name, nil
	})
	if err != nil {
		graphql.AddError(ctx, graphql.AddFieldLocationToError(ctx, err))
	}
	return result
}

func subscription(ctx context.Context, operation *graphql.OperationContext, resolvers map[string]resolver) graphql.ResponseHandler {
	field := graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{"Subscription"})[0]
	events, ok := resolve(ctx, operation, "Subscription", field, resolvers).(<-chan int)
	if !ok {
		return func(context.Context) *graphql.Response { return nil }
	}
	var buffer bytes.Buffer
	return func(ctx context.Context) *graphql.Response {
		buffer.Reset() // as generated code, it writes all events into the same memory
		select {
		case event, ok := <-events:
			if !ok {
				return nil
			}
			_ = json.NewEncoder(&buffer).Encode(map[string]int{field.Alias: event})
			return &graphql.Response{Data: buffer.Bytes()}
		case <-ctx.Done():
			return nil
		}
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// fixture is a server under test.
type fixture struct {
	*graphqlserver.Server
	cfg       graphqlserver.Config
	opts      graphqlserver.Options
	resolvers map[string]resolver
	registry  *prometheus.Registry
	logs      *lockedBuffer
	spans     *tracetest.SpanRecorder
	note      *graphqlserver.Note // of the last request
}

// newFixture returns a server whose configuration, options and resolvers the
// test changes first.
func newFixture(t testing.TB, configure ...func(*fixture)) *fixture {
	t.Helper()
	tel, recorder := telemetrytest.Recording(t)
	f := &fixture{
		cfg:       graphqlserver.DefaultConfig(),
		resolvers: map[string]resolver{},
		registry:  prometheus.NewRegistry(),
		logs:      &lockedBuffer{},
		spans:     recorder,
	}
	f.opts = graphqlserver.Options{
		Log:     slog.New(slog.NewJSONHandler(f.logs, nil)),
		Metrics: graphqlserver.NewMetrics(f.registry),
		Tracers: tel.TracerProvider(),
	}
	for _, c := range configure {
		c(f)
	}
	server, err := graphqlserver.New(executable(f.resolvers), f.cfg, f.opts)
	require.NoError(t, err)
	f.Server = server
	return f
}

// ServeHTTP is the server behind what middleware does.
func (f *fixture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := requestid.With(r.Context(), "req-1")
	ctx, f.note = graphqlserver.WithNote(ctx)
	f.Server.ServeHTTP(w, r.WithContext(ctx))
}

// answer is what a client gets.
type answer struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	status int
	header http.Header
}

// refused requires one error with this reason.
func (a answer) refused(t testing.TB, reason string) answer {
	t.Helper()
	require.Len(t, a.Errors, 1)
	require.Equal(t, reason, a.Errors[0].Extensions["reason"], a.Errors[0].Message)
	return a
}

func (f *fixture) do(t testing.TB, req *http.Request) answer {
	t.Helper()
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, req)
	a := answer{status: rec.Code, header: rec.Header()}
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &a), rec.Body.String())
	return a
}

// post sends an operation; variables are JSON or "".
func (f *fixture) post(t testing.TB, query, variables string) answer {
	t.Helper()
	if variables == "" {
		variables = "null"
	}
	text, err := json.Marshal(map[string]any{"query": query, "variables": json.RawMessage(variables)})
	require.NoError(t, err)
	return f.send(t, string(text))
}

// send posts a body.
func (f *fixture) send(t testing.TB, body string) answer {
	t.Helper()
	return f.do(t, request(t, http.MethodPost, "/graphql", body))
}

// request returns a request with a JSON body; headers are pairs of name and value.
func request(t testing.TB, method, target, body string, headers ...string) *http.Request {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// listen serves on a port. Its timeouts are those of configure, else there are none.
func (f *fixture) listen(t testing.TB, configure ...func(*http.Server)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(f)
	for _, c := range configure {
		c(server.Config)
	}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return server
}

// metrics returns the metrics that begin with a prefix, as text.
func (f *fixture) metrics(t testing.TB, prefix string) string {
	t.Helper()
	families, err := f.registry.Gather()
	require.NoError(t, err)
	var text strings.Builder
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), prefix) {
			for _, metric := range family.GetMetric() {
				text.WriteString(metric.String() + "\n")
			}
		}
	}
	return text.String()
}
