package domain

import (
	"time"

	"github.com/google/uuid"
)

// Snapshot is the state of a task as plain values, for storage and transport.
type Snapshot struct {
	ID        uuid.UUID
	Title     string
	Notes     string
	Status    Status
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Snapshot returns the state of the task.
func (t *Task) Snapshot() Snapshot {
	return Snapshot{
		ID: t.id, Title: t.title, Notes: t.notes, Status: t.status,
		Version: t.version, CreatedAt: t.createdAt, UpdatedAt: t.updatedAt,
	}
}

// Restore rebuilds a task from storage. It checks nothing: what was stored
// satisfied the rules of its time, and must stay readable when rules change.
func Restore(s Snapshot) Task {
	return Task{
		id: s.ID, title: s.Title, notes: s.Notes, status: s.Status,
		version: s.Version, createdAt: s.CreatedAt, updatedAt: s.UpdatedAt,
	}
}
