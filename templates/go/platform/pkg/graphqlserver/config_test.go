package graphqlserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/graphqlserver"
)

func TestEveryMistakeIsNamed(t *testing.T) {
	require.NoError(t, graphqlserver.DefaultConfig().Validate())
	require.False(t, graphqlserver.DefaultConfig().Introspection)
	tests := map[string]func(*graphqlserver.Config){
		"operation_timeout":       func(c *graphqlserver.Config) { c.OperationTimeout = 0 },
		"persisted_queries":       func(c *graphqlserver.Config) { c.PersistedQueries = 0 },
		"graphql.limits":          func(c *graphqlserver.Config) { c.Limits.Depth = 0 },
		"graphql.streams must":    func(c *graphqlserver.Config) { c.Streams.MaxMessageBytes = -1 },
		"durations":               func(c *graphqlserver.Config) { c.Streams.KeepAlive = 0 },
		"streams.allowed_origins": func(c *graphqlserver.Config) { c.Streams.AllowedOrigins = []string{"https://a.example", "*"} },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := graphqlserver.DefaultConfig()
			spoil(&cfg)
			_, err := graphqlserver.New(nil, cfg, graphqlserver.Options{})
			require.ErrorContains(t, err, want)
		})
	}
}
