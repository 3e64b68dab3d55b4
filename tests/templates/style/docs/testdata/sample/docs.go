// Package docs has comments with and without meaning.
package docs

import "context"

// Task is a promise to do something until a day.
type Task struct{}

// Tasks is the tasks.
type Tasks struct{}

type Bare struct{}

// TODO: say what this is.
type Later struct{}

// Done tells whether nothing is left to do.
func (t *Task) Done() bool { return true }

// Get returns a task.
func (t *Tasks) Get(ctx context.Context, id int) (Task, error) { return Task{}, nil }

// List returns tasks in the order of their ids.
func (t *Tasks) List(ctx context.Context) ([]Task, error) { return nil, nil }

// NewTasks creates a new instance of Tasks.
func NewTasks() *Tasks { return &Tasks{} }

func (t *Tasks) Len() int { return 0 }

// Validator validates the validation of validated values.
func Validator() {}

// ErrTaskNotFound is returned when the task was not found.
var ErrTaskNotFound error

// Limits of a page, in items.
const (
	Smallest = 1
	Greatest = 100
	// Default is used for pages that ask for nothing.
	Default = 20
)

const (
	First  = 1 // the one that wins
	Second = 2 // second
	Third  = 3
)

// Colours of the sky.
type (
	// Red is in the evening.
	Red  struct{}
	Blue struct{}
)

type hidden struct{}

func (hidden) Visible() {}

func unexported() {}
