package graphqlserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver"
)

func TestAQueryIsAnswered(t *testing.T) {
	f := newFixture(t)
	got := f.post(t, "query Who($n: Int!) { me: name list(first: $n) { name } }", `{"n": 2}`)
	require.Equal(t, http.StatusOK, got.status)
	require.Empty(t, got.Errors)
	require.Equal(t, map[string]any{"me": "name", "list": "list"}, got.Data)
	require.Equal(t, "application/graphql-response+json", got.header.Get("Content-Type"))
	require.Equal(t, graphqlserver.Note{Type: "query", Name: "Who"}, *f.note)
}

func TestQueriesMayBeSentByGet(t *testing.T) {
	f := newFixture(t)
	get := func(query string, headers ...string) answer {
		req := request(t, http.MethodGet, "/graphql?query="+url.QueryEscape(query), "", headers...)
		req.Header.Del("Content-Type")
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		return f.do(t, req)
	}
	get("{name}").refused(t, "PREFLIGHT_REQUIRED")
	for _, header := range []string{"GraphQL-Require-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name"} {
		require.Equal(t, "name", get("{name}", header, "1").Data["name"])
	}
	require.Equal(t, "name", get("{name}", "Content-Type", "application/json").Data["name"])
	for _, other := range []string{`mutation { set(name: "a") }`, "subscription {ticks}"} {
		got := get(other, "GraphQL-Require-Preflight", "1")
		got.refused(t, "METHOD_NOT_ALLOWED")
		require.Equal(t, http.StatusMethodNotAllowed, got.status)
		require.Equal(t, "POST", got.header.Get("Allow"))
	}
	got := get("{nonsense}", "GraphQL-Require-Preflight", "1")
	got.refused(t, "VALIDATION_FAILED")
	require.Equal(t, http.StatusBadRequest, got.status)
}

func TestTheURLOfAQueryIsRead(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.resolvers["Query.name"] = func(ctx context.Context) (any, error) {
			operation := graphql.GetOperationContext(ctx)
			return operation.OperationName + fmt.Sprint(operation.Variables["n"]), nil
		}
	})
	get := func(query string) answer {
		return f.do(t, request(t, http.MethodGet, "/graphql?"+query, ""))
	}
	query := "query=" + url.QueryEscape("query A($n: Int!) {name tree @include(if: false) {children(first: $n) {name}}} query B {name}")
	require.Equal(t, "A5", get(query + "&operationName=A&variables=" + url.QueryEscape(`{"n":5}`)).Data["name"])
	for _, broken := range []string{"query=%zz", query + "&variables=x", query + "&extensions=1"} {
		got := get(broken)
		got.refused(t, "INVALID_REQUEST")
		require.Equal(t, http.StatusBadRequest, got.status)
	}
}

func TestTheOperationMustBeNamedWhereThereAreSeveral(t *testing.T) {
	f := newFixture(t)
	for body, want := range map[string]string{
		`{"query":"query A {name} query B {name}"}`:                     "say which with operationName",
		`{"query":"query A {name} query B {name}","operationName":"C"}`: "no operation of that name",
		`{"query":"fragment F on Query {name}"}`:                        "no operation",
	} {
		for range 2 {
			got := f.do(t, request(t, http.MethodPost, "/graphql", body))
			got.refused(t, "OPERATION_NOT_FOUND")
			require.Contains(t, got.Errors[0].Message, want)
		}
	}
	known := `{"query":"query A {name} query B {name}","operationName":"%s"}`
	require.Equal(t, "name", f.do(t, request(t, http.MethodPost, "/graphql", fmt.Sprintf(known, "B"))).Data["name"])
	f.do(t, request(t, http.MethodPost, "/graphql", fmt.Sprintf(known, ""))).refused(t, "OPERATION_NOT_FOUND")
}

// A form of a page elsewhere can send these without asking first.
func TestWhatFormsCanSendIsRefused(t *testing.T) {
	f := newFixture(t)
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", ";"} {
		got := f.do(t, request(t, http.MethodPost, "/graphql", `{"query":"mutation { set(name: \"a\") }"}`, "Content-Type", contentType))
		require.Equal(t, http.StatusUnsupportedMediaType, got.status)
		got.refused(t, "UNSUPPORTED_MEDIA_TYPE")
	}
}

func TestRequestsThatAreNoneAreRefused(t *testing.T) {
	f := newFixture(t)
	tests := map[string]struct {
		method, body string
		status       int
		reason       string
	}{
		"batch":         {http.MethodPost, ` [{"query":"{name}"}]`, 400, "BATCH_NOT_SUPPORTED"},
		"not JSON":      {http.MethodPost, `secret`, 400, "INVALID_REQUEST"},
		"other method":  {http.MethodPut, `{}`, 405, "METHOD_NOT_ALLOWED"},
		"no operation":  {http.MethodPost, `{}`, 400, "OPERATION_NOT_FOUND"},
		"broken":        {http.MethodPost, `{"query":"{"}`, 400, "PARSE_FAILED"},
		"unknown field": {http.MethodPost, `{"query":"{other}"}`, 400, "VALIDATION_FAILED"},
		"bad variable":  {http.MethodPost, `{"query":"query($n:Int!){list(first:$n){name}}","variables":{"n":"x"}}`, 400, "VALIDATION_FAILED"},
		"bad hash":      {http.MethodPost, `{"query":"{name}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, 200, "INVALID_REQUEST"},
		"subscription":  {http.MethodPost, `{"query":"subscription {ticks}"}`, 200, "STREAM_REQUIRED"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := f.do(t, request(t, tc.method, "/graphql", tc.body)).refused(t, tc.reason)
			require.Equal(t, tc.status, got.status)
			require.Equal(t, "req-1", got.Errors[0].Extensions["request_id"])
			require.NotContains(t, got.Errors[0].Message, "secret", "answers do not quote requests")
		})
	}
	require.NotContains(t, f.logs.String(), `"level":"ERROR"`)
}

func TestBodiesThatCannotBeReadAreRefused(t *testing.T) {
	f := newFixture(t)
	req := request(t, http.MethodPost, "/graphql", strings.Repeat("x", 100))
	req.Body = http.MaxBytesReader(httptest.NewRecorder(), req.Body, 10)
	require.Equal(t, http.StatusRequestEntityTooLarge, f.do(t, req).refused(t, "BODY_TOO_LARGE").status)

	broken := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", iotest.ErrReader(errors.New("cut")))
	broken.Header.Set("Content-Type", "application/json")
	require.Equal(t, http.StatusBadRequest, f.do(t, broken).refused(t, "INVALID_REQUEST").status)
}

func TestErrorsOfTheModelAreShown(t *testing.T) {
	fields := []apierror.Field{{Field: "name", Message: "is too long"}}
	f := newFixture(t, func(f *fixture) {
		f.resolvers["Query.name"] = func(context.Context) (any, error) {
			return nil, apierror.New(apierror.Invalid, "INVALID_NAME", "not a name").WithFields(fields...).WithCause(errors.New("hunter2"))
		}
	})
	got := f.post(t, "{tree {name} name}", "").refused(t, "INVALID_NAME")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, map[string]any{"tree": "tree", "name": nil}, got.Data, "other fields are answered")
	require.Equal(t, "not a name", got.Errors[0].Message)
	require.Equal(t, []any{"name"}, got.Errors[0].Path)
	require.Equal(t, map[string]any{
		"code": "BAD_USER_INPUT", "reason": "INVALID_NAME", "request_id": "req-1",
		"fields": []any{map[string]any{"field": "name", "message": "is too long"}},
	}, got.Errors[0].Extensions)
	require.Empty(t, f.logs.String(), "what clients do wrong is no failure")
}

func TestOtherErrorsAreLoggedAndNotShown(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.resolvers["Query.name"] = func(context.Context) (any, error) { return nil, errors.New("password is hunter2") }
		f.resolvers["Query.tree"] = func(context.Context) (any, error) { panic("state is hunter2") }
	})
	for _, query := range []string{"query Q {name}", "query Q {tree {name}}"} {
		got := f.post(t, query, "").refused(t, "INTERNAL")
		require.Equal(t, "internal error", got.Errors[0].Message)
		require.Contains(t, f.logs.String(), "hunter2")
		require.Contains(t, f.logs.String(), `"operation":"query","name":"Q"`)
	}
	require.Contains(t, f.logs.String(), "requests_test.go", "the stack of a panic names the place")
	require.Contains(t, f.metrics(t, "graphql_operation_duration"), `value:"failed"`)
}

// gqlgen says so itself when a resolver gives null for what is never null.
func TestAResolverThatBreaksTheSchemaIsADefect(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.opts.Tracers = nil
		f.resolvers["Query.name"] = func(ctx context.Context) (any, error) {
			graphql.AddErrorf(ctx, "must not be null")
			return "", nil
		}
	})
	f.post(t, "{name}", "").refused(t, "INTERNAL")
	require.Contains(t, f.logs.String(), "must not be null")
}

func TestRefusalsComeInTheTypeThatIsAskedFor(t *testing.T) {
	f := newFixture(t)
	const whole, plain = "application/graphql-response+json", "application/json"
	for accept, want := range map[string]string{
		"": whole, "*/*": whole, whole: whole, plain: plain, "text/html, " + plain + ", */*": plain, whole + ", " + plain: whole, ";": whole,
	} {
		got := f.do(t, request(t, http.MethodPost, "/graphql", "[", "Accept", accept))
		require.Equal(t, want, got.header.Get("Content-Type"))
	}
}

func TestOneOperationIsReportedOnce(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.resolvers["Query.name"] = func(context.Context) (any, error) { return nil, errors.New("broken") }
	})
	require.Len(t, f.post(t, "{a: name b: name c: name}", "").Errors, 3)
	require.Equal(t, 1, strings.Count(f.logs.String(), "operation failed"))
}

func TestAnOperationHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, func(f *fixture) {
			f.resolvers["Query.name"] = func(ctx context.Context) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
		})
		got := f.post(t, "{name}", "").refused(t, "TIMEOUT")
		require.Equal(t, "TIMEOUT", got.Errors[0].Extensions["code"])
		require.Contains(t, f.logs.String(), `"level":"WARN"`)
	})
}

func TestAnOperationWhoseClientIsGoneIsNotRun(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.do(t, request(t, http.MethodPost, "/graphql", `{"query":"{name}"}`).WithContext(ctx)).refused(t, "CANCELED")
}

func TestFieldsOfTheRootAreAuthorised(t *testing.T) {
	var asked []string
	f := newFixture(t, func(f *fixture) {
		f.opts.Authorize = func(_ context.Context, field string) error {
			asked = append(asked, field)
			if field == "Mutation.set" {
				return apierror.New(apierror.PermissionDenied, "PERMISSION_DENIED", "no")
			}
			return nil
		}
	})
	require.Empty(t, f.post(t, "{__typename name a: name}", "").Errors)
	got := f.post(t, `mutation {set(name: "a")}`, "").refused(t, "PERMISSION_DENIED")
	require.Equal(t, "FORBIDDEN", got.Errors[0].Extensions["code"])
	require.Equal(t, []string{"Query.name", "Query.name", "Mutation.set"}, asked)
}

func TestEveryOperationHasAScope(t *testing.T) {
	type key struct{}
	scopes := 0
	f := newFixture(t, func(f *fixture) {
		f.opts.Scope = func(ctx context.Context) context.Context {
			scopes++
			return context.WithValue(ctx, key{}, scopes)
		}
		f.resolvers["Query.name"] = func(ctx context.Context) (any, error) { return ctx.Value(key{}), nil }
	})
	require.Equal(t, map[string]any{"a": 1., "b": 1.}, f.post(t, "{a: name b: name}", "").Data)
	require.Equal(t, map[string]any{"name": 2.}, f.post(t, "{name}", "").Data)
}

func TestOperationsAndResolversAreTraced(t *testing.T) {
	f := newFixture(t, func(f *fixture) {
		f.resolvers["Mutation.set"] = func(context.Context) (any, error) {
			return nil, apierror.New(apierror.Conflict, "TAKEN", "the name Bob is taken")
		}
	})
	name := strings.Repeat("x", 100)
	f.post(t, "query "+name+" {name}", "")
	f.post(t, `mutation {set(name: "Bob")}`, "")
	spans := f.spans.Ended()
	require.Len(t, spans, 4)
	names := []string{spans[0].Name(), spans[1].Name(), spans[2].Name(), spans[3].Name()}
	require.Equal(t, []string{"Query.name", "query", "Mutation.set", "mutation"}, names)
	require.Equal(t, spans[1].SpanContext().SpanID(), spans[0].Parent().SpanID())
	require.Equal(t, "TAKEN", spans[3].Status().Description)
	for _, span := range spans {
		for _, attribute := range span.Attributes() {
			require.LessOrEqual(t, len(attribute.Value.AsString()), 64)
			require.NotContains(t, attribute.Value.AsString(), "Bob", "what users write is not recorded")
		}
	}
}

func BenchmarkQuery(b *testing.B) {
	f := newFixture(b, func(f *fixture) { f.opts.Tracers = nil })
	body := `{"query":"query Q($n: Int!) { name list(first: $n) { name } }","variables":{"n":1}}`
	b.ReportAllocs()
	for b.Loop() {
		rec := httptest.NewRecorder()
		f.ServeHTTP(rec, request(b, http.MethodPost, "/graphql", body))
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Body)
		}
	}
}
