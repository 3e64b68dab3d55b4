package component

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAServiceWithoutItsDatabaseAnswersUnavailable(t *testing.T) {
	t.Setenv("APP_POSTGRES_DSN", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	s := startUnready(t)
	answer := s.call(t, http.MethodGet, s.api, "/api/v1/tasks", "", "")
	require.Equal(t, http.StatusServiceUnavailable, answer.status)
	require.Equal(t, "DATABASE_UNAVAILABLE", answer.body["reason"])
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, s.admin, "/livez", "", "").status, "a restart would not help")
	s.stop()
	require.Zero(t, <-s.code)
}
