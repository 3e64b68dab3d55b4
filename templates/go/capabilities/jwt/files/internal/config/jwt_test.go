package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestTheDevelopmentIssuerIsTrustedOnThisMachineOnly(t *testing.T) {
	cfg := config.Default()
	require.NoError(t, cfg.Validate())
	cfg.Service.Environment = "production"
	require.ErrorContains(t, cfg.Validate(), "auth.issuer")

	cfg.Auth.Issuer, cfg.Auth.JWKSURL = "https://issuer.example", "https://issuer.example/keys"
	if err := cfg.Validate(); err != nil { // other sections have their own demands on production
		require.NotContains(t, err.Error(), "auth.")
	}
}

func TestTokensAreMeantForThisService(t *testing.T) {
	cfg := config.Default()
	require.Equal(t, cfg.Service.Name, cfg.Auth.Audience)
	cfg.Auth.Audience = ""
	require.ErrorContains(t, cfg.Validate(), "auth.audience")
}

func TestAlgorithmsComeFromTheEnvironmentAsAList(t *testing.T) {
	t.Setenv("APP_AUTH_ALGORITHMS", "RS256,ES384")
	cfg, err := config.Load()
	require.NoError(t, err)
	require.Equal(t, []string{"RS256", "ES384"}, cfg.Auth.Algorithms)
}
