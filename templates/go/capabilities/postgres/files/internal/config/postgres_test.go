package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestTheDatabaseMustBeConfigured(t *testing.T) {
	cfg := config.Default()
	cfg.Postgres.DSN = ""
	require.ErrorContains(t, cfg.Validate(), "postgres.dsn")
}
