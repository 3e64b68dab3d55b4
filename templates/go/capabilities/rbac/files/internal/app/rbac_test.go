package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/internal/domain"
)

// A reload changes what roles may do at once and as a whole; roles that are not
// valid change nothing.
func TestRolesFollowTheConfiguration(t *testing.T) {
	permission := domain.Permissions()[0]
	file := filepath.Join(t.TempDir(), "config.yaml")
	write := func(roles string) {
		require.NoError(t, os.WriteFile(file, []byte("dynamic: {roles: "+roles+"}\n"), 0o600))
	}
	write(`{first: ["` + string(permission) + `"]}`)
	t.Setenv("APP_CONFIG_FILE", file)
	configs, err := config.NewStore()
	require.NoError(t, err)
	tel, err := newTelemetry(t.Context(), configs.Get(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	a := newApp(configs, slog.New(slog.DiscardHandler), tel)
	require.NoError(t, a.wireRBAC())
	require.Contains(t, a.policy.Permissions("first"), permission)

	write(`{second: ["` + string(permission) + `"]}`)
	_, err = configs.Reload()
	require.NoError(t, err)
	require.Empty(t, a.policy.Permissions("first"))
	require.Contains(t, a.policy.Permissions("second"), permission)

	for _, broken := range []string{`{third: ["everything"]}`, `{third: []}`, `{"": ["` + string(permission) + `"]}`, `7`} {
		write(broken)
		_, err = configs.Reload()
		require.Error(t, err, broken)
		require.Contains(t, a.policy.Permissions("second"), permission, broken)
		require.Empty(t, a.policy.Permissions("third"), broken)
	}
}
