package component

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth/authtest"
)

func TestRolesDecideWhatCallersMayDo(t *testing.T) {
	prepare(t)
	s := start(t)
	as := func(roles ...string) string { return "Bearer " + s.issuer.Token(authtest.Roles(roles...)) }
	const body = `{"title":"a"}`

	require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, tasks, "", "Authorization", as("reader")).status)
	denied := s.send(t, http.MethodPost, tasks, body, "Authorization", as("reader"))
	denied.refused(t, http.StatusForbidden, "PERMISSION_DENIED")
	require.Contains(t, denied.header.Get("WWW-Authenticate"), `error="insufficient_scope"`)
	require.Equal(t, http.StatusCreated, s.send(t, http.MethodPost, tasks, body, "Authorization", as("guest", "editor")).status)

	for _, roles := range [][]string{nil, {"guest"}, {"Editor"}, {"tasks.write"}, {"*"}} {
		s.send(t, http.MethodGet, tasks, "", "Authorization", as(roles...)).refused(t, http.StatusForbidden, "PERMISSION_DENIED")
	}
	// Nobody is told more than that a token is missing: not even what is wrong with the request.
	s.send(t, http.MethodPost, tasks, "{", "Authorization", "").refused(t, http.StatusUnauthorized, "TOKEN_MISSING")
	s.stop()
	require.Zero(t, <-s.code)
}

// Roles change while the service runs; a policy that is not valid changes nothing.
func TestRolesFollowTheConfigurationFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	write := func(roles string) {
		next := file + ".next"
		require.NoError(t, os.WriteFile(next, []byte("dynamic: {roles: "+roles+"}\n"), 0o600))
		require.NoError(t, os.Rename(next, file))
	}
	write(`{reader: [tasks.read]}`)
	t.Setenv("APP_CONFIG_FILE", file)
	t.Setenv("APP_LIFECYCLE_RELOAD_INTERVAL", "5ms")
	prepare(t)
	s := start(t)
	status := func(role string) int {
		return s.send(t, http.MethodGet, tasks, "", "Authorization", "Bearer "+s.issuer.Token(authtest.Roles(role))).status
	}
	require.Equal(t, http.StatusOK, status("reader"))
	require.Equal(t, http.StatusForbidden, status("auditor"))

	write(`{auditor: [tasks.read]}`)
	require.Eventually(t, func() bool { return status("auditor") == http.StatusOK }, 10*time.Second, time.Millisecond)
	require.Equal(t, http.StatusForbidden, status("reader"))

	write(`{reader: [tasks.raed]}`)
	for range 20 { // four reloads each
		require.Equal(t, http.StatusOK, status("auditor"), "a configuration that is refused changes nothing")
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	require.Zero(t, <-s.code)
}
