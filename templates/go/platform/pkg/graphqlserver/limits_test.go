package graphqlserver_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nested returns a query whose fields are n deep.
func nested(n int) string { return "{tree" + chain(n-1) + "}" }

// chain returns a selection on a tree whose fields are n deep.
func chain(n int) string {
	return "{" + strings.Repeat("child{", n-1) + "name" + strings.Repeat("}", n)
}

// repeated returns a query with n selections, made by a format that may use the
// number of the selection.
func repeated(n int, format string) string {
	var text strings.Builder
	for i := range n {
		text.WriteString(" " + strings.ReplaceAll(format, "#", strconv.Itoa(i)))
	}
	return "{" + text.String() + " }"
}

// bomb returns a query of n fragments that stands for 2^n fields.
func bomb(n int) string {
	var text strings.Builder
	text.WriteString("{...F0}")
	for i := range n - 1 {
		fmt.Fprintf(&text, " fragment F%d on Query {...F%d ...F%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&text, " fragment F%d on Query {name}", n-1)
	return text.String()
}

func TestDocumentsAreBounded(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.cfg.Limits.Fragments = 25 })
	limits := f.cfg.Limits
	tests := map[string]struct{ query, reason string }{
		"bytes":                  {"{name} #" + strings.Repeat("x", limits.Bytes), "DOCUMENT_TOO_LARGE"},
		"tokens":                 {"{" + strings.Repeat("name ", limits.Tokens) + "}", "PARSE_FAILED"},
		"depth":                  {nested(limits.Depth + 1), "QUERY_TOO_DEEP"},
		"depth in fragments":     {"{tree{...A}} fragment A on Tree {child{...B}} fragment B on Tree " + chain(limits.Depth-1), "QUERY_TOO_DEEP"},
		"aliases":                {repeated(limits.Aliases+1, "a#: name"), "TOO_MANY_ALIASES"},
		"repetitions":            {repeated(limits.Aliases+2, "name"), "TOO_MANY_ALIASES"},
		"aliases in fragments":   {repeated(limits.Aliases/2+1, "...A") + " fragment A on Query {a:name b:name}", "TOO_MANY_ALIASES"},
		"fragments":              {bomb(limits.Fragments + 1), "TOO_MANY_FRAGMENTS"},
		"bomb":                   {bomb(limits.Fragments), "QUERY_TOO_COMPLEX"},
		"unused bomb":            {"{name} " + bomb(limits.Fragments)[8:], "QUERY_TOO_COMPLEX"},
		"list":                   {"{list(first: 2000) {name}}", "QUERY_TOO_COMPLEX"},
		"greatest list":          {"{list(first: 2147483647) {children(first: 2147483647) {name}}}", "QUERY_TOO_COMPLEX"},
		"list of lists":          {"{list(first: 50) {children(first: 50) {name}}}", "QUERY_TOO_COMPLEX"},
		"cycle":                  {"{...A} fragment A on Query {...B} fragment B on Query {...A}", "VALIDATION_FAILED"},
		"cycle of itself":        {"{...A} fragment A on Query {name ...A}", "VALIDATION_FAILED"},
		"unknown fragment":       {"{...A}", "VALIDATION_FAILED"},
		"schema":                 {"{__schema {types {name}}}", "INTROSPECTION_DISABLED"},
		"type behind a fragment": {`{...A} fragment A on Query {... {__type(name: "Tree") {name}}}`, "INTROSPECTION_DISABLED"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := f.post(t, tc.query, "")
			require.NotEmpty(t, got.Errors)
			require.Equal(t, tc.reason, got.Errors[0].Extensions["reason"], got.Errors[0].Message)
			require.Equal(t, http.StatusBadRequest, got.status)
			require.Nil(t, got.Data)
			require.Contains(t, f.metrics(t, "graphql_requests_refused"), fmt.Sprintf("value:%q", tc.reason))
		})
	}
	require.NotContains(t, f.metrics(t, "graphql_operation"), "sample_count", "nothing was run")
}

func TestWhatIsWithinTheLimitsIsRun(t *testing.T) {
	f := newFixture(t)
	limits := f.cfg.Limits
	for _, query := range []string{
		nested(limits.Depth),
		repeated(limits.Aliases, "a#: name"),
		bomb(10),
		"{list(first: 999) {name}}",
		"{list(first: -1) {name}}",
	} {
		require.Empty(t, f.post(t, query, "").Errors, query)
	}
}

// A variable decides what the same, known document costs.
func TestComplexityFollowsVariables(t *testing.T) {
	f := newFixture(t)
	query := "query($n: Int!) {list(first: $n) {name}}"
	require.Empty(t, f.post(t, query, `{"n": 10}`).Errors)
	f.post(t, query, `{"n": 100000}`).refused(t, "QUERY_TOO_COMPLEX")
}

// The worst documents that the limits let through to validation take a time that
// is noise beside what handling a request may take.
func TestHostileDocumentsAreCheap(t *testing.T) {
	f := newFixture(t)
	limits := f.cfg.Limits
	for name, query := range map[string]string{
		"bomb":      bomb(limits.Fragments),
		"fragments": repeated(limits.Fragments, "...F#") + strings.Trim(repeated(limits.Fragments, "fragment F# on Query {tree{name child{name child{name}}}}"), "{}"),
		"spreads":   repeated(300, "...F") + " fragment F on Query {tree {name child {name}}}",
		"cycle":     "{...F0}" + strings.Trim(repeated(limits.Fragments-1, "fragment F# on Query {...F# ...F0 tree{name}}"), "{ }") + "}}",
	} {
		begin := time.Now()
		f.post(t, query, "")
		require.Less(t, time.Since(begin), time.Second, name)
	}
}

func TestIntrospectionIsForDevelopment(t *testing.T) {
	off := newFixture(t)
	require.NotContains(t, off.post(t, "{names}", "").Errors[0].Message, "Did you mean")

	on := newFixture(t, func(f *fixture) { f.cfg.Introspection = true })
	require.Contains(t, on.post(t, "{names}", "").Errors[0].Message, "Did you mean")
	ofType := strings.Repeat("ofType {", 9) + "name" + strings.Repeat("}", 9)
	got := on.post(t, "{__schema {types {fields {type {"+ofType+"}}}}}", "")
	require.Empty(t, got.Errors, "tools ask deeper than operations may")
}

func hashOf(query string) string {
	sum := sha256.Sum256([]byte(query))
	return hex.EncodeToString(sum[:])
}

// persisted posts a reference to a query, and the query if it is not "".
func (f *fixture) persisted(t *testing.T, hash, query string) answer {
	t.Helper()
	return f.send(t, fmt.Sprintf(`{"query":%q,"extensions":{"persistedQuery":{"version":1,"sha256Hash":%q}}}`, query, hash))
}

func TestQueriesCanBePersisted(t *testing.T) {
	f := newFixture(t)
	hash := hashOf("{name}")
	missing := f.persisted(t, hash, "").refused(t, "PERSISTED_QUERY_NOT_FOUND")
	require.Equal(t, "PERSISTED_QUERY_NOT_FOUND", missing.Errors[0].Extensions["code"], "clients know this code")
	require.Equal(t, "PersistedQueryNotFound", missing.Errors[0].Message)
	require.Equal(t, "name", f.persisted(t, hash, "{name}").Data["name"])
	require.Equal(t, "name", f.persisted(t, hash, "").Data["name"])
	f.persisted(t, hash, "{tree{name}}").refused(t, "INVALID_REQUEST")
}

// Whoever floods the cache displaces queries but does not make it grow, and
// documents that are too large do not get in.
func TestPersistedQueriesAreBounded(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.cfg.PersistedQueries = 10 })
	for i := range 100 {
		query := fmt.Sprintf("query Q%d {name}", i)
		require.Empty(t, f.persisted(t, hashOf(query), query).Errors)
	}
	kept := 0
	for i := range 100 {
		if len(f.persisted(t, hashOf(fmt.Sprintf("query Q%d {name}", i)), "").Errors) == 0 {
			kept++
		}
	}
	require.Equal(t, 10, kept)

	large := "{name} #" + strings.Repeat("x", f.cfg.Limits.Bytes)
	f.persisted(t, hashOf(large), large).refused(t, "DOCUMENT_TOO_LARGE")
	f.persisted(t, hashOf(large), "").refused(t, "PERSISTED_QUERY_NOT_FOUND")
}
