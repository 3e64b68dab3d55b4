package grpcapi

import (
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/internal/domain"
)

func toTask(task domain.Task) *tasksv1.Task {
	s := task.Snapshot()
	return &tasksv1.Task{
		Id:        s.ID.String(),
		Title:     s.Title,
		Notes:     s.Notes,
		Status:    toStatus(s.Status),
		Version:   s.Version,
		CreatedAt: timestamppb.New(s.CreatedAt),
		UpdatedAt: timestamppb.New(s.UpdatedAt),
	}
}

func toStatus(status domain.Status) tasksv1.TaskStatus {
	switch status {
	case domain.StatusOpen:
		return tasksv1.TaskStatus_TASK_STATUS_OPEN
	case domain.StatusDone:
		return tasksv1.TaskStatus_TASK_STATUS_DONE
	default: // what was stored under other rules
		return tasksv1.TaskStatus_TASK_STATUS_UNSPECIFIED
	}
}

// fromStatus returns nil for no status. A number that the contract does not have
// becomes a status that the domain does not have, and refuses.
func fromStatus(status tasksv1.TaskStatus) *domain.Status {
	switch status {
	case tasksv1.TaskStatus_TASK_STATUS_UNSPECIFIED:
		return nil
	case tasksv1.TaskStatus_TASK_STATUS_OPEN:
		return new(domain.StatusOpen)
	case tasksv1.TaskStatus_TASK_STATUS_DONE:
		return new(domain.StatusDone)
	default:
		return new(domain.Status(status.String()))
	}
}

func parseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(uuid.Nil.String()) { // braces and prefixes are for people
		return uuid.UUID{}, ErrInvalidID
	}
	return id, nil
}
