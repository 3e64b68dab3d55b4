package component

import (
	"net/http"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

// rememberKeys gives the service a place for idempotency keys: a Redis.
func rememberKeys(t *testing.T) {
	t.Helper()
	t.Setenv("APP_REDIS_URL", "redis://"+miniredis.RunT(t).Addr()+"/0")
}

// A request that asks to be done once must not go on where that cannot be
// promised. Others do.
func TestWithoutRedisRequestsWithAKeyAreRefused(t *testing.T) {
	t.Setenv("APP_REDIS_URL", "redis://127.0.0.1:1/0")
	prepare(t)
	s := start(t)
	refused := s.send(t, http.MethodPost, tasks, `{"title":"a"}`, "Idempotency-Key", "k1")
	require.Equal(t, http.StatusServiceUnavailable, refused.status, string(refused.body))
	require.Equal(t, http.StatusCreated, s.send(t, http.MethodPost, tasks, `{"title":"a"}`).status)
	s.stop()
	require.Zero(t, <-s.code)
}
