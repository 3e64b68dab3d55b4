package graphapi

import (
	"context"

	"github.com/google/uuid"

	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/handlers/graphapi/mapping"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/broadcast"
	"goldpath.local/service/pkg/graphqlserver"
)

type subscriptions struct{ *API }

// TaskChanged answers Subscription.taskChanged.
func (s subscriptions) TaskChanged(ctx context.Context, id *string) (<-chan *graph.TaskChange, error) {
	if id == nil {
		return s.follow(ctx, uuid.Nil)
	}
	only, err := mapping.ParseTaskID("id", *id)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx, only)
}

// follow sends the changes of one task until it is deleted, or of all tasks when
// only is the zero UUID. It listens before it looks whether the task exists, so
// that nothing is missed in between.
func (s subscriptions) follow(ctx context.Context, only uuid.UUID) (<-chan *graph.TaskChange, error) {
	changes, err := s.changes.Subscribe()
	if err != nil {
		return nil, err
	}
	if only != uuid.Nil {
		if _, err := s.tasks.Get(ctx, only); err != nil {
			changes.Close()
			return nil, err
		}
	}
	return graphqlserver.Stream(ctx, func(send func(*graph.TaskChange) bool) error {
		defer changes.Close()
		return forward(ctx, changes, only, send)
	}), nil
}

func forward(
	ctx context.Context, changes broadcast.Stream[services.TaskChange], only uuid.UUID, send func(*graph.TaskChange) bool,
) error {
	for {
		change, err := changes.Next(ctx)
		if err != nil {
			return err
		}
		concerned := only == uuid.Nil || change.Task.ID() == only
		if concerned && !send(mapping.Change(change)) {
			return nil // nobody listens any more
		}
		if only != uuid.Nil && concerned && change.Kind == services.TaskDeleted {
			return nil
		}
	}
}
