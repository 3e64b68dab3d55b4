package app

import (
	"context"

	"goldpath.local/service/pkg/auth"
)

// callerKey stands for the caller of a method, from wherever they call, and
// without one for the address of the client.
func callerKey(ctx context.Context) string {
	if caller, known := auth.FromContext(ctx); known {
		return "caller:" + caller.Subject
	}
	return addressKey(ctx)
}
