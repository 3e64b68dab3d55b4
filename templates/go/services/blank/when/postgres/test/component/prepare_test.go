package component

import (
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/app"
	"goldpath.local/service/pkg/postgres/postgrestest"
)

// prepare gives the service an empty database and runs `server migrate` on it.
func prepare(t *testing.T) {
	t.Helper()
	emptyDatabase(t)
	require.Zero(t, app.Main(t.Context(), []string{"migrate"}, io.Discard, os.Stderr))
}

func emptyDatabase(t *testing.T) {
	t.Helper()
	t.Setenv("APP_POSTGRES_DSN", postgrestest.Config(t).DSN.Reveal())
}

func TestAServiceWithoutItsSchemaIsNotReadyUntilItIsMigrated(t *testing.T) {
	emptyDatabase(t)
	s := startUnready(t)
	unready := s.call(t, http.MethodGet, s.admin, "/readyz", "", "")
	require.Equal(t, http.StatusServiceUnavailable, unready.status)
	checks, _ := unready.body["checks"].(map[string]any)
	require.Equal(t, "ok", checks["postgres"])
	require.Equal(t, "failed", checks["schema"])

	require.Zero(t, app.Main(t.Context(), []string{"migrate"}, io.Discard, os.Stderr))
	s.waitUntilReady(t)
	s.stop()
	require.Zero(t, <-s.code)
}

func TestReplicasThatAreAwayDegradeTheServiceOnly(t *testing.T) {
	for dsn, want := range map[string]string{
		"": "ok", // the address of the primary, which is never behind itself
		"postgres://nobody@127.0.0.1:1/none?connect_timeout=1": "degraded",
	} {
		t.Run(want, func(t *testing.T) {
			prepare(t)
			if dsn == "" {
				dsn = os.Getenv("APP_POSTGRES_DSN")
			}
			t.Setenv("APP_POSTGRES_REPLICAS_DSNS", dsn)
			s := start(t)
			ready := s.call(t, http.MethodGet, s.admin, "/readyz", "", "")
			checks, _ := ready.body["checks"].(map[string]any)
			require.Equal(t, want, checks["replicas"])
			s.stop()
			require.Zero(t, <-s.code)
		})
	}
}
