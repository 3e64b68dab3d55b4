package component

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/testkit"
)

// waitForRedis waits until the readiness probe has this status and says this of Redis.
func (s *service) waitForRedis(t *testing.T, status int, want string) {
	t.Helper()
	testkit.Eventually(t, 15*time.Second, func() error {
		got := s.call(t, http.MethodGet, s.admin, "/readyz", "", "")
		checks, _ := got.body["checks"].(map[string]any)
		if got.status != status || checks["redis"] != want {
			return fmt.Errorf("readiness is %d %v", got.status, got.body)
		}
		return nil
	})
}

// requireRedisChanges compares what the log says of Redis, record by record.
func (s *service) requireRedisChanges(t *testing.T, usable ...bool) {
	t.Helper()
	var found []bool
	for _, record := range s.log.Find(map[string]any{"msg": "dependency changed", "dependency": "redis"}) {
		found = append(found, record["usable"] == true)
		require.Equal(t, record["usable"] == false, record["error"] != nil, "a record says why")
	}
	require.Equal(t, usable, found)
}

// behindProxy gives the service a Redis that the test takes away and gives back.
func behindProxy(t *testing.T) *testkit.Proxy {
	t.Helper()
	proxy := testkit.NewProxy(t, miniredis.RunT(t).Addr())
	t.Setenv("APP_REDIS_URL", "redis://"+proxy.Addr()+"/0")
	return proxy
}

// requireWork writes a task and reads it, each well within the time of a request.
func (s *service) requireWork(t *testing.T) {
	t.Helper()
	begin := time.Now()
	made := s.call(t, http.MethodPost, s.api, tasks, `{"title":"a"}`, "")
	require.Equal(t, http.StatusCreated, made.status, made.body)
	read := s.call(t, http.MethodGet, s.api, tasks+"/"+made.body["id"].(string), "", "")
	require.Equal(t, http.StatusOK, read.status, read.body)
	require.Less(t, time.Since(begin), 5*time.Second)
}

// A cache may be away, or worse, be there and not answer: the service is slower.
func TestRedisThatIsAwayOrHangsDegradesTheServiceOnly(t *testing.T) {
	proxy := behindProxy(t)
	prepare(t)
	s := start(t)
	s.waitForRedis(t, http.StatusOK, "ok")

	proxy.Cut()
	s.requireWork(t)
	s.waitForRedis(t, http.StatusOK, "degraded")
	proxy.Restore(t)
	s.waitForRedis(t, http.StatusOK, "ok")

	proxy.Hang()
	s.requireWork(t)
	s.waitForRedis(t, http.StatusOK, "degraded")
	proxy.Resume()
	s.waitForRedis(t, http.StatusOK, "ok")
	s.requireWork(t)

	s.stop()
	require.Zero(t, <-s.code)
	s.requireRedisChanges(t, false, true, false, true)
}

func TestRedisThatIsRequiredKeepsTheServiceFromBeingReady(t *testing.T) {
	t.Setenv("APP_REDIS_REQUIRED", "true")
	proxy := behindProxy(t)
	proxy.Cut()
	prepare(t)
	s := startUnready(t)
	s.waitForRedis(t, http.StatusServiceUnavailable, "failed")
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, s.admin, "/livez", "", "").status, "a restart would not help")
	proxy.Restore(t)
	s.waitForRedis(t, http.StatusOK, "ok")
	s.stop()
	require.Zero(t, <-s.code)
}
