package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRESTReadsWhatItHasCreated(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+tasksPath, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1"}`)
	})
	mux.HandleFunc("GET "+tasksPath+"/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := httptest.NewServer(mux)
	defer server.Close()

	require.NoError(t, try(t.Context(), restAPI(), settingsOf(t, "-url", server.URL), io.Discard))
	require.EqualError(t, try(t.Context(), restAPI(), settingsOf(t, "-url", server.URL, "-token", "other"), io.Discard),
		"create task: status 401")
}
