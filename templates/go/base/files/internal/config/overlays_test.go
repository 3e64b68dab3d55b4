package config_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

// A key that the service does not know keeps it from starting: better here than
// in a cluster.
func TestTheServiceUnderstandsTheConfigurationOfEveryEnvironment(t *testing.T) {
	var files []string
	for _, pattern := range []string{"base", "overlays/*"} {
		found, err := filepath.Glob(filepath.Join("../../deployments/k8s", pattern, "config.yaml"))
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.NotEmpty(t, files)
	//% if cookiecutter.crypto == "yes"
	t.Setenv("APP_CRYPTO_KEYS", "2026-01:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") // a secret that is mounted
	//% endif
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Setenv("APP_CONFIG_FILE", file)
			_, err := config.Load()
			require.NoError(t, err)
		})
	}
}
