package repositorytest

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
)

func getMany(t *testing.T, r services.TaskRepository) {
	none, err := r.GetMany(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, none)

	a, b := create(t, r, "a"), create(t, r, "b")
	create(t, r, "c")
	found, err := r.GetMany(t.Context(), []uuid.UUID{b.ID(), uuid.New(), a.ID(), b.ID()})
	require.NoError(t, err)
	require.ElementsMatch(t, []domain.Task{a, b}, found, "each once, and nothing for what is missing")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.GetMany(ctx, []uuid.UUID{a.ID()})
	require.ErrorIs(t, err, context.Canceled)
}
