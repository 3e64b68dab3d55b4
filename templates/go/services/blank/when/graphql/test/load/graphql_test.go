package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGraphQLReadsWhatItHasCreated(t *testing.T) {
	read := `{"data":{"task":{"id":"1"}}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil || r.URL.Path != graphQLPath:
			w.WriteHeader(http.StatusBadRequest)
		case r.Header.Get("Authorization") != "Bearer secret":
			_, _ = io.WriteString(w, `{"errors":[{"message":"no token"}],"data":null}`)
		case strings.Contains(string(body), "mutation"):
			_, _ = io.WriteString(w, `{"data":{"createTask":{"task":{"id":"1"}}}}`)
		case strings.Contains(string(body), `"id":"1"`):
			_, _ = io.WriteString(w, read)
		}
	}))
	defer server.Close()

	require.NoError(t, try(t.Context(), graphQLAPI(), settingsOf(t, "-url", server.URL), io.Discard))
	require.ErrorContains(t, try(t.Context(), graphQLAPI(), settingsOf(t, "-url", server.URL, "-token", "other"), io.Discard),
		"create task: {\"errors\"")
	read = `{"errors":[{"message":"broken"}],"data":null}`
	require.ErrorContains(t, try(t.Context(), graphQLAPI(), settingsOf(t, "-url", server.URL), io.Discard), "broken")
}
