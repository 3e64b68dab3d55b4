package services

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
)

// GetMany returns the tasks with these ids that exist, in any order.
func (s *Tasks) GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error) {
	tasks, err := s.repository.GetMany(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load tasks: %w", err)
	}
	return tasks, nil
}
