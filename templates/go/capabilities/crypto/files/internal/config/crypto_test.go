package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestThePublicKeyIsForLocalUseOnly(t *testing.T) {
	cfg := config.Default()
	require.NoError(t, cfg.Validate())
	cfg.Service.Environment = "staging"
	require.ErrorContains(t, cfg.Validate(), "crypto.keys must be set")
	cfg.Crypto.Keys = "2026-04:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	cfg.Crypto.PrimaryKey = "2026-04"
	require.NotContains(t, cryptoErrors(cfg.Validate()), "crypto")
}

func TestKeysThatCannotBeReadAreNamedAndNotShown(t *testing.T) {
	cfg := config.Default()
	cfg.Crypto.Keys = "one:hunter2"
	require.ErrorContains(t, cfg.Validate(), "crypto.keys")
	require.NotContains(t, cryptoErrors(cfg.Validate()), "hunter2")
}

func cryptoErrors(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
