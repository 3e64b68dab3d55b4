package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestProductionHidesItsSchema(t *testing.T) {
	cfg := config.Default()
	require.NoError(t, cfg.Validate(), "developers see it")
	cfg.Service.Environment = "production"
	require.ErrorContains(t, cfg.Validate(), "graphql.introspection")
	cfg.GraphQL.Introspection = false
	require.ErrorContains(t, cfg.Validate(), "graphql.playground")
	cfg.GraphQL.Playground = false
	require.NotContains(t, errorText(cfg.Validate()), "graphql")
}

func TestLimitsOfGraphQLComeFromTheEnvironment(t *testing.T) {
	t.Setenv("APP_GRAPHQL_LIMITS_DEPTH", "3")
	t.Setenv("APP_GRAPHQL_STREAMS_ALLOWED_ORIGINS", "https://a.example,https://b.example")
	cfg, err := config.Load()
	require.NoError(t, err)
	require.Equal(t, 3, cfg.GraphQL.Limits.Depth)
	require.Equal(t, []string{"https://a.example", "https://b.example"}, cfg.GraphQL.Streams.AllowedOrigins)

	t.Setenv("APP_GRAPHQL_LIMITS_DEPTH", "0")
	_, err = config.Load()
	require.ErrorContains(t, err, "graphql.limits")
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
