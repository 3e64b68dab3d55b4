package app

import (
	"goldpath.local/service/internal/handlers/graphapi"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/broadcast"
)

// How far a listener may fall behind, and how many there may be: more than
// graphql.streams.max allows, so that it decides.
const (
	changeBuffer = 64
	maxListeners = 100_000
)

// newChanges returns what carries changes of tasks within this process. Who
// listens to one instance is not told what others store.
func newChanges() services.Changes {
	return broadcast.New[services.TaskChange](changeBuffer, maxListeners)
}

// wireGraph builds the resolvers of the GraphQL API.
func wireGraph(u useCases) *graphapi.API {
	return graphapi.NewAPI(u.tasks, u.changes)
}
