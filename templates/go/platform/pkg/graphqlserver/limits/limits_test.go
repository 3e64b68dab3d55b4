package limits_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"goldpath.local/service/pkg/graphqlserver/limits"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { name: String, tree: Tree, list(first: Int!): [Tree!]! }
	type Tree { name: String, child: Tree }
`})

var bounds = limits.Config{Bytes: 400, Tokens: 60, Fragments: 2, Depth: 3, Aliases: 2, Complexity: 10}

// server runs nothing: it answers "{}" to every document that is within the bounds.
func server(introspection bool, known graphql.Cache[*ast.QueryDocument]) *handler.Server {
	s := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ComplexityFunc: func(_ context.Context, _, _ string, child int, args map[string]any) (int, bool) {
			first, ok := args["first"].(int64)
			return limits.ListCost(int(first), child), ok
		},
		ExecFunc: func(context.Context) graphql.ResponseHandler {
			return graphql.OneShot(&graphql.Response{Data: []byte(`{}`)})
		},
	})
	s.AddTransport(transport.POST{})
	s.SetQueryCache(known)
	limits.Use(s, bounds, introspection, lru.New[string](10), known)
	if introspection {
		s.Use(extension.Introspection{})
	}
	return s
}

// answer is the first error of an answer, or nothing.
type answer struct {
	Message    string
	Extensions struct{ Code, Reason string }
}

// post sends an operation; variables and extensions are JSON.
func post(t *testing.T, s http.Handler, query, variables, extensions string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"query": query, "variables": json.RawMessage(variables), "extensions": json.RawMessage(extensions),
	})
	require.NoError(t, err)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	var got struct{ Errors []answer }
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &got), rec.Body.String())
	if len(got.Errors) == 0 {
		return answer{}
	}
	return got.Errors[0]
}

func TestDocumentsBeyondTheLimitsAreRefused(t *testing.T) {
	s := server(false, lru.New[*ast.QueryDocument](10))
	tests := map[string]struct{ query, code, reason, message string }{
		"bytes":      {"{name} #" + strings.Repeat("x", 400), "", "DOCUMENT_TOO_LARGE", "the document has more than 400 bytes"},
		"tokens":     {"{" + strings.Repeat("name ", 60) + "}", "GRAPHQL_PARSE_FAILED", "", "exceeded token limit of 60"},
		"fragments":  {"{...A} fragment A on Query {name} fragment B on Query {name} fragment C on Query {name}", "", "TOO_MANY_FRAGMENTS", "the document has more than 2 fragments"},
		"depth":      {"{tree{child{child{name}}}}", "", "QUERY_TOO_DEEP", "fields are nested more than 3 deep"},
		"aliases":    {"{a:name b:name c:name}", "", "TOO_MANY_ALIASES", "more than 2 fields are renamed or repeated"},
		"fields":     {"{" + strings.Repeat("...{name}", 11) + "}", "", "QUERY_TOO_COMPLEX", "the operation costs more than 10"},
		"complexity": {"{list(first: 10) {name}}", "", "QUERY_TOO_COMPLEX", "the operation costs 11, more than 10"},
		"schema":     {"{__schema {description}}", "", "INTROSPECTION_DISABLED", "the schema cannot be asked for here"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := post(t, s, tc.query, "{}", "{}")
			if tc.code == "" {
				tc.code = "GRAPHQL_VALIDATION_FAILED"
			}
			require.Equal(t, tc.message, got.Message)
			require.Equal(t, tc.code, got.Extensions.Code)
			require.Equal(t, tc.reason, got.Extensions.Reason)
		})
	}
}

func TestDocumentsWithinTheLimitsAreRun(t *testing.T) {
	s := server(false, lru.New[*ast.QueryDocument](10))
	for _, query := range []string{
		"{name}",
		"{tree{child{name}}}",
		"{a:name b:name}",
		"{...A ...B} fragment A on Query {name} fragment B on Query {name}",
		"{list(first: 9) {name}}",
		"{__typename}",
	} {
		require.Empty(t, post(t, s, query, "{}", "{}"), query)
	}
	require.Empty(t, post(t, server(true, lru.New[*ast.QueryDocument](10)), "{__schema {description}}", "{}", "{}"))
}

// A variable decides what the same, known document costs.
func TestComplexityFollowsVariables(t *testing.T) {
	known := lru.New[*ast.QueryDocument](10)
	s := server(false, known)
	query := "query($n: Int!) {list(first: $n) {name}}"
	require.Empty(t, post(t, s, query, `{"n": 9}`, "{}"))
	_, ok := known.Get(t.Context(), query)
	require.True(t, ok)
	require.Equal(t, "QUERY_TOO_COMPLEX", post(t, s, query, `{"n": 10}`, "{}").Extensions.Reason)
}

// What is too large is refused before it could be kept.
func TestDocumentsThatAreTooLargeAreNotKept(t *testing.T) {
	s := server(false, lru.New[*ast.QueryDocument](10))
	const hash = `{"persistedQuery": {"version": 1, "sha256Hash": "x"}}`
	large := "{name} #" + strings.Repeat("x", bounds.Bytes)
	require.Equal(t, "DOCUMENT_TOO_LARGE", post(t, s, large, "{}", hash).Extensions.Reason)
	require.Equal(t, "PERSISTED_QUERY_NOT_FOUND", post(t, s, "", "{}", hash).Extensions.Code)
}

func TestEveryLimitMustBePositive(t *testing.T) {
	require.NoError(t, bounds.Validate())
	for name, spoil := range map[string]func(*limits.Config){
		"bytes":      func(c *limits.Config) { c.Bytes = 0 },
		"tokens":     func(c *limits.Config) { c.Tokens = 0 },
		"fragments":  func(c *limits.Config) { c.Fragments = 0 },
		"depth":      func(c *limits.Config) { c.Depth = -1 },
		"aliases":    func(c *limits.Config) { c.Aliases = 0 },
		"complexity": func(c *limits.Config) { c.Complexity = 0 },
	} {
		cfg := bounds
		spoil(&cfg)
		require.EqualError(t, cfg.Validate(), "graphql.limits must all be positive", name)
	}
}
