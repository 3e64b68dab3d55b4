package domain

// Status says how far a task is.
type Status string

const (
	// StatusOpen is a task that is still to be done.
	StatusOpen Status = "open"
	// StatusDone is a task that needs nothing more.
	StatusDone Status = "done"
)

// Valid reports whether s is one of the statuses above.
func (s Status) Valid() bool {
	return s == StatusOpen || s == StatusDone
}
