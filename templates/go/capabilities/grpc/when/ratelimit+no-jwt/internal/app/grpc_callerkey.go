package app

import "context"

// callerKey stands for the address of the client: nobody says who calls.
func callerKey(ctx context.Context) string { return addressKey(ctx) }
