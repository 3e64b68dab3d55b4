package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// grpcService answers calls as a server of gRPC does, GetTask with status.
func grpcService(t *testing.T, status string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		body, _ := io.ReadAll(r.Body)
		method := strings.TrimPrefix(r.URL.Path, taskService)
		switch {
		case r.Header.Get("Authorization") != "Bearer secret":
			w.Header().Set("Grpc-Status", "16")
			w.Header().Set("Grpc-Message", "no token")
		case method == "CreateTask" && strings.HasSuffix(string(body), "load test"), method == "GetTask" && strings.HasSuffix(string(body), "\x01a"):
			if method == "GetTask" && status != "0" {
				w.WriteHeader(http.StatusOK) // the status follows in a trailer, without a message
				w.Header().Set("Grpc-Status", status)
				return
			}
			_, _ = io.WriteString(w, "\x00\x00\x00\x00\x05\x0a\x03\x0a\x01a") // a task whose id is "a"
			w.Header().Set("Grpc-Status", "0")
		}
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func TestGRPCReadsWhatItHasCreated(t *testing.T) {
	require.NoError(t, try(t.Context(), grpcAPI(), settingsOf(t, "-grpc-url", grpcService(t, "0")), io.Discard))
	require.EqualError(t, try(t.Context(), grpcAPI(), settingsOf(t, "-grpc-url", grpcService(t, "0"), "-token", "other"), io.Discard),
		"create task: gRPC status 16: no token")
	require.ErrorContains(t, try(t.Context(), grpcAPI(), settingsOf(t, "-grpc-url", grpcService(t, "14")), io.Discard), "without a message")
}

func TestAnswersThatAreNoTasksAreRefused(t *testing.T) {
	for _, body := range []string{"", "\x12\x00", "\x0a\x7f", "\x0a\x02\x12\x00"} {
		_, err := createdID([]byte("12345" + body))
		require.Error(t, err, body)
	}
}
