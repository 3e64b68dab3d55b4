// Package domain holds the rules of the service. It knows no transport and no
// storage; everything it refuses is a typed error that every transport can show.
package domain

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"goldpath.local/service/pkg/apierror"
)

// Limits of the texts of a task, in characters.
const (
	MaxTitle = 200
	MaxNotes = 4000
)

// What the domain refuses.
var (
	// ErrTaskNotFound is a task that does not exist.
	ErrTaskNotFound = apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "there is no such task")
	// ErrTaskDone is a change to a task that must be reopened first.
	ErrTaskDone = apierror.New(apierror.Conflict, "TASK_DONE", "the task is done: reopen it to change it")
	// ErrVersionMismatch is a change based on a version that is no longer the latest.
	ErrVersionMismatch = apierror.New(apierror.FailedPrecondition, "VERSION_MISMATCH", "the task has changed: read it again")
	// ErrInvalidTask is a task whose fields break the rules; it lists them.
	ErrInvalidTask = apierror.New(apierror.Invalid, "INVALID_TASK", "the task is not valid")
	// ErrUnknownStatus is a status that tasks do not have.
	ErrUnknownStatus = apierror.New(apierror.Invalid, "UNKNOWN_STATUS", "there is no such status").
				WithFields(apierror.Field{Field: "status", Message: "is not a known status"})
	// ErrEmptyChange is a change that changes nothing.
	ErrEmptyChange = apierror.New(apierror.Invalid, "EMPTY_CHANGE", "the change names no field")
)

// Task is something to be done; every Task in memory satisfies the rules.
type Task struct {
	id        uuid.UUID
	title     string
	notes     string
	status    Status
	version   int64
	createdAt time.Time
	updatedAt time.Time
}

// NewTask returns an open task, or ErrInvalidTask with the offending fields.
func NewTask(id uuid.UUID, title, notes string, now time.Time) (Task, error) {
	t := Task{
		id: id, title: oneLine(title), notes: multiLine(notes),
		status: StatusOpen, version: 1, createdAt: now, updatedAt: now,
	}
	if err := t.validate(); err != nil {
		return Task{}, err
	}
	return t, nil
}

// Change is what a caller wants to be different; nil fields stay as they are.
type Change struct {
	// Title replaces the title.
	Title *string
	// Notes replaces the notes.
	Notes *string
	// Status completes or reopens the task.
	Status *Status
}

// Apply makes the change and raises the version, or leaves the task as it was
// and says why. A done task accepts only its status; reopening it and changing
// it may be one step.
func (t *Task) Apply(c Change, now time.Time) error {
	if c == (Change{}) {
		return ErrEmptyChange
	}
	next := *t
	if c.Status != nil {
		next.status = *c.Status
	}
	if t.status == StatusDone && next.status == StatusDone && (c.Title != nil || c.Notes != nil) {
		return ErrTaskDone
	}
	if c.Title != nil {
		next.title = oneLine(*c.Title)
	}
	if c.Notes != nil {
		next.notes = multiLine(*c.Notes)
	}
	if err := next.validate(); err != nil {
		return err
	}
	next.version++
	if now.After(next.updatedAt) { // clocks of two instances may differ
		next.updatedAt = now
	}
	*t = next
	return nil
}

// RequireVersion returns ErrVersionMismatch, with the version that the task is at,
// unless it is at version.
func (t *Task) RequireVersion(version int64) error {
	if t.version != version {
		return ErrVersionMismatch.WithMeta("version", strconv.FormatInt(t.version, 10))
	}
	return nil
}

func (t *Task) validate() error {
	var fields []apierror.Field
	add := func(field, message string) {
		fields = append(fields, apierror.Field{Field: field, Message: message})
	}
	switch {
	case t.title == "":
		add("title", "must not be empty")
	case utf8.RuneCountInString(t.title) > MaxTitle:
		add("title", "is too long")
	case strings.ContainsFunc(t.title, isHidden):
		add("title", "must be one line of visible text")
	}
	switch {
	case utf8.RuneCountInString(t.notes) > MaxNotes:
		add("notes", "is too long")
	case strings.ContainsFunc(t.notes, isHiddenInLines):
		add("notes", "must be lines of visible text")
	}
	if !utf8.ValidString(t.title) || !utf8.ValidString(t.notes) {
		add("title", "must be UTF-8")
	}
	if !t.status.Valid() {
		add("status", "is not a known status")
	}
	if len(fields) > 0 {
		return ErrInvalidTask.WithFields(fields...)
	}
	return nil
}

// ID returns the identity, which never changes.
func (t *Task) ID() uuid.UUID { return t.id }

// Version returns how often the task has been written; it starts at 1.
func (t *Task) Version() int64 { return t.version }
