package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// service answers as the tasks API does, reads with status and only after delay.
func service(t *testing.T, status int, delay time.Duration) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+tasksPath, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1"}`)
	})
	mux.HandleFunc("GET "+tasksPath+"/1", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay)
		w.WriteHeader(status)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestLoad(t *testing.T) {
	args := []string{"-rate", "100", "-duration", "200ms", "-token", "secret"}
	tests := map[string]struct {
		status int
		delay  time.Duration
		more   []string
		want   string
	}{
		"all is well":     {status: http.StatusOK, more: []string{"-p99", "5s"}},
		"too slow":        {status: http.StatusOK, delay: 20 * time.Millisecond, more: []string{"-p99", "10ms"}, want: "p99 is"},
		"wrong answers":   {status: http.StatusInternalServerError, want: "500 Internal Server Error"},
		"no token":        {status: http.StatusOK, more: []string{"-token", "other"}, want: "create task: status 401"},
		"nobody is there": {more: []string{"-url", "http://127.0.0.1:1"}, want: "create task"},
		"no rate":         {more: []string{"-rate", "0"}, want: "must be positive"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			url := service(t, tc.status, tc.delay)
			err := run(t.Context(), append(append([]string{"-url", url}, args...), tc.more...), &out)
			if tc.want != "" {
				require.ErrorContains(t, err, tc.want)
				return
			}
			require.NoError(t, err)
			require.Contains(t, out.String(), "Success       [ratio]                           100.00%")
		})
	}
}
