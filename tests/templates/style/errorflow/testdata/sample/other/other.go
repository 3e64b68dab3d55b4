// Package other is the package whose errors cross.
package other

import "errors"

// Fault is an error of a type of its own.
type Fault struct{ Cause error }

func (f *Fault) Error() string { return "fault" }

// New makes a fault.
func New() *Fault { return &Fault{} }

// Do fails.
func Do() error { return errors.New("done") }

// Get fails with a result.
func Get() (int, error) { return 0, Do() }

// Translate says what an error means.
func Translate(err error) error { return &Fault{Cause: err} }
