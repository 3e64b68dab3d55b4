package app

import (
	"context"

	"goldpath.local/service/internal/handlers/graphapi"
)

// authorizeGraph returns what decides who may select which field of the root. What
// the table does not declare is denied to everybody.
func (a *App) authorizeGraph() func(ctx context.Context, field string) error {
	table := graphapi.Permissions()
	return func(ctx context.Context, field string) error {
		return a.policy.Authorize(ctx, table[field])
	}
}
