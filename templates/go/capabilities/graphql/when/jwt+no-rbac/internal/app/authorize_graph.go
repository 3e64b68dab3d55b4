package app

import (
	"context"
	"slices"

	"goldpath.local/service/internal/handlers/graphapi"
	"goldpath.local/service/pkg/auth"
)

// authorizeGraph returns what decides who may select which field of the root:
// everybody with a valid token may select all of them.
func (a *App) authorizeGraph() func(ctx context.Context, field string) error {
	public := graphapi.PublicFields()
	return func(ctx context.Context, field string) error {
		if _, known := auth.FromContext(ctx); known || slices.Contains(public, field) {
			return nil
		}
		return auth.ErrTokenMissing
	}
}
