package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnUnusableDSNStopsTheServiceWithoutBeingShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dsn")
	require.NoError(t, os.WriteFile(file, []byte("postgres://app:hunter2@local host:x/app"), 0o600))
	t.Setenv("APP_POSTGRES_DSN_FILE", file)
	for _, name := range []string{"serve", "migrate"} {
		code, out, message := run(t, name)
		require.Equal(t, 1, code, name)
		require.Contains(t, message, "postgres.dsn", name)
		require.NotContains(t, out+message, "hunter2", name)
	}
}

func TestMigrateFailsWithoutADatabase(t *testing.T) {
	t.Setenv("APP_POSTGRES_DSN", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	code, _, message := run(t, "migrate")
	require.Equal(t, 1, code)
	require.Contains(t, message, "migrate: ")
}
