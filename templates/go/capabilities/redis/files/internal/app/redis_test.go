package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// checks returns what readiness says, with its status.
func checks(t *testing.T, r *running) (status int, results map[string]string) {
	t.Helper()
	status, body, err := get(r.admin.Addr(), "/readyz")
	require.NoError(t, err)
	var report struct{ Checks map[string]string }
	require.NoError(t, json.Unmarshal([]byte(body), &report))
	return status, report.Checks
}

func TestWithoutRedisTheServiceIsDegraded(t *testing.T) {
	t.Setenv("APP_REDIS_URL", "redis://127.0.0.1:1/0")
	r := start(t, 0)
	status, results := checks(t, r)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "degraded", results["redis"])
	r.stop()
	require.NoError(t, <-r.ended)
}

func TestAURLThatCannotBeReadStopsTheServiceWithoutBeingShown(t *testing.T) {
	t.Setenv("APP_REDIS_URL", "redis://user:hunter2@host:port")
	var out, errs bytes.Buffer
	require.Equal(t, 1, Main(t.Context(), []string{"serve"}, &out, &errs))
	require.Contains(t, errs.String(), "redis.url")
	require.NotContains(t, out.String()+errs.String(), "hunter2")
}
