package config

import (
	"errors"

	"goldpath.local/service/pkg/graphqlserver"
)

// production is the environment whose schema nobody may ask for.
const production = "production"

// GraphQL configures the GraphQL API.
type GraphQL struct {
	graphqlserver.Config `mapstructure:",squash"`

	// Playground serves GraphiQL at /graphql/playground, for developers.
	Playground bool `mapstructure:"playground"`
}

// defaultGraphQL shows everything to the developer of a machine.
func defaultGraphQL() GraphQL {
	cfg := GraphQL{Config: graphqlserver.DefaultConfig(), Playground: true}
	cfg.Introspection = true
	return cfg
}

// validateGraphQL also keeps a default that was forgotten out of production.
func (c Config) validateGraphQL() error {
	hidden := !c.GraphQL.Introspection && !c.GraphQL.Playground
	return errors.Join(
		c.GraphQL.Validate(),
		require(hidden || c.Service.Environment != production,
			"graphql.introspection and graphql.playground must be off in production"),
	)
}
