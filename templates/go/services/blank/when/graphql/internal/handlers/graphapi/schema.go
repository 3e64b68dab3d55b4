package graphapi

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/handlers/graphapi/loaders"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/graphqlserver/limits"
)

// API implements the schema.
type API struct {
	tasks   *services.Tasks
	changes services.Changes
}

var _ graph.ResolverRoot = (*API)(nil)

// NewAPI returns the API on top of the use cases.
func NewAPI(tasks *services.Tasks, changes services.Changes) *API {
	return &API{tasks: tasks, changes: changes}
}

// Schema returns the schema with its resolvers and costs.
func (a *API) Schema() graphql.ExecutableSchema {
	return graph.NewExecutableSchema(graph.Config{Resolvers: a, Complexity: costs()})
}

// Scope returns a context with data loaders, for one operation or one event of a
// subscription.
func (a *API) Scope(ctx context.Context) context.Context { return loaders.With(ctx, a.tasks) }

// Query returns the resolvers of queries.
func (a *API) Query() graph.QueryResolver { return queries{a} }

// Mutation returns the resolvers of mutations.
func (a *API) Mutation() graph.MutationResolver { return mutations{a} }

// Subscription returns the resolvers of subscriptions.
func (a *API) Subscription() graph.SubscriptionResolver { return subscriptions{a} }

// costs says what lists cost: their length times what is asked of each item. Every
// other field costs 1 and what is asked below it.
func costs() graph.ComplexityRoot {
	var c graph.ComplexityRoot
	c.Query.Nodes = func(item int, ids []string) int { return limits.ListCost(len(ids), item) }
	c.Query.Tasks = func(item, first int, _ *string, _ *graph.TaskStatus) int {
		return limits.ListCost(first, item)
	}
	return c
}
