package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/internal/domain"
)

func TestRolesOfTheFileReplaceTheDefault(t *testing.T) {
	permission := domain.Permissions()[0]
	file := filepath.Join(t.TempDir(), "config.yaml")
	content := `dynamic: {roles: {auditor: ["` + string(permission) + `"]}}`
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	t.Setenv("APP_CONFIG_FILE", file)

	cfg, err := config.Load()

	require.NoError(t, err)
	require.Equal(t, config.Roles{"auditor": {permission}}, cfg.Dynamic.Roles)
	require.Equal(t, config.Default().Dynamic.LogLevel, cfg.Dynamic.LogLevel)
}

func TestRolesMayHoldOnlyPermissionsThatExist(t *testing.T) {
	cfg := config.Default()
	cfg.Dynamic.Roles = config.Roles{"admin": {"*"}}
	require.ErrorContains(t, cfg.Validate(), `dynamic.roles: role "admin" holds "*"`)
}
