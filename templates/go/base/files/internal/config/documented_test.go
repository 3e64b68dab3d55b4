package config_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/pkg/config/reference"
)

func TestEverySettingIsDocumented(t *testing.T) {
	const top = "../.."
	want, err := reference.Document(os.DirFS(top), config.Default(), config.EnvPrefix)
	require.NoError(t, err)
	got, err := os.ReadFile(top + "/docs/configuration.md")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run make generate")
}
