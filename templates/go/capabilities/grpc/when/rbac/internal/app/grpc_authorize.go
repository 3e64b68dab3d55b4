package app

import (
	"context"

	"goldpath.local/service/internal/handlers/grpcapi"
)

// authorizeCall returns what decides whether a caller may call a method: what
// declares no permission is denied to everybody.
func (a *App) authorizeCall() func(ctx context.Context, method string) error {
	table := grpcapi.Permissions()
	return func(ctx context.Context, method string) error {
		return a.policy.Authorize(ctx, table[method])
	}
}
