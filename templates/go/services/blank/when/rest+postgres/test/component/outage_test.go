package component

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/testkit"
)

func TestAServiceWithoutItsDatabaseAnswersUnavailable(t *testing.T) {
	t.Setenv("APP_POSTGRES_DSN", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	s := startUnready(t)
	answer := s.call(t, http.MethodGet, s.api, "/api/v1/tasks", "", "")
	require.Equal(t, http.StatusServiceUnavailable, answer.status)
	require.Equal(t, "DATABASE_UNAVAILABLE", answer.body["reason"])
	s.waitForPostgres(t, http.StatusServiceUnavailable, "failed")
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, s.admin, "/livez", "", "").status, "a restart would not help")
	s.stop()
	require.Zero(t, <-s.code)
}

// waitForPostgres waits until the readiness probe has this status and says this of the database.
func (s *service) waitForPostgres(t *testing.T, status int, want string) {
	t.Helper()
	testkit.Eventually(t, 15*time.Second, func() error {
		got := s.call(t, http.MethodGet, s.admin, "/readyz", "", "")
		checks, _ := got.body["checks"].(map[string]any)
		if got.status != status || checks["postgres"] != want {
			return fmt.Errorf("readiness is %d %v", got.status, got.body)
		}
		return nil
	})
}

// requirePostgresChanges compares what the log says of the database, record by record.
func (s *service) requirePostgresChanges(t *testing.T, usable ...bool) {
	t.Helper()
	var found []bool
	for _, record := range s.log.Find(map[string]any{"msg": "dependency changed", "dependency": "postgres"}) {
		found = append(found, record["usable"] == true)
		require.Equal(t, record["usable"] == false, record["error"] != nil, "a record says why")
	}
	require.Equal(t, usable, found)
}

// databaseBehindProxy puts a proxy before the database of the service.
func databaseBehindProxy(t *testing.T) *testkit.Proxy {
	t.Helper()
	dsn, err := url.Parse(os.Getenv("APP_POSTGRES_DSN"))
	require.NoError(t, err)
	if dsn.Port() == "" {
		dsn.Host = net.JoinHostPort(dsn.Hostname(), "5432")
	}
	proxy := testkit.NewProxy(t, dsn.Host)
	dsn.Host = proxy.Addr()
	t.Setenv("APP_POSTGRES_DSN", dsn.String())
	return proxy
}

// The database restarts, or stops to answer: the service says so, and goes on
// without a restart of its own when it is back.
func TestADatabaseThatComesBackIsUsedAgain(t *testing.T) {
	t.Setenv("APP_HTTP_REQUEST_TIMEOUT", "2s")
	prepare(t)
	proxy := databaseBehindProxy(t)
	s := start(t)
	read := func() result { return s.call(t, http.MethodGet, s.api, "/api/v1/tasks", "", "") }
	require.Equal(t, http.StatusOK, read().status)

	for _, away := range []struct{ leave, comeBack func() }{
		{proxy.Cut, func() { proxy.Restore(t) }},
		{proxy.Hang, proxy.Resume},
	} {
		away.leave()
		begin := time.Now()
		require.Contains(t, []int{http.StatusServiceUnavailable, http.StatusGatewayTimeout}, read().status)
		require.Less(t, time.Since(begin), 5*time.Second)
		s.waitForPostgres(t, http.StatusServiceUnavailable, "failed")
		require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, s.admin, "/livez", "", "").status)
		away.comeBack()
		s.waitForPostgres(t, http.StatusOK, "ok")
		testkit.Eventually(t, 10*time.Second, func() error {
			if got := read(); got.status != http.StatusOK {
				return fmt.Errorf("status %d", got.status)
			}
			return nil
		})
	}
	s.stop()
	require.Zero(t, <-s.code)
	s.requirePostgresChanges(t, false, true, false, true)
}
