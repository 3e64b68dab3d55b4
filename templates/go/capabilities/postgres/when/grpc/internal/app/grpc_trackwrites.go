package app

import (
	"context"

	"google.golang.org/grpc"

	"goldpath.local/service/pkg/postgres/replica"
)

// trackCallWrites lets a call read what it has written, however far replicas are
// behind.
func trackCallWrites(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	return handle(replica.TrackWrites(ctx), req)
}
