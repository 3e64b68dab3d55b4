// Package apierror is the error model that all transports of the service share:
// a typed kind, a stable machine-readable reason, a message that is safe to
// show, and a cause that is logged but never serialised.
package apierror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Field is one invalid part of the input.
type Field struct {
	// Field names the part as the caller wrote it, e.g. "title" or "query.limit".
	Field string `json:"field"`
	// Message says what is wrong with it, in words for the caller.
	Message string `json:"message"`
}

// Error is a failure that may be shown to a caller. errors.Is matches by Kind and
// Reason, so a sentinel still matches itself after WithCause or WithFields.
type Error struct {
	// Kind decides the status code.
	Kind Kind
	// Reason is the stable identifier that clients switch on, e.g. TASK_NOT_FOUND.
	Reason string
	// Message is for people and holds nothing confidential.
	Message string
	// Fields lists what is wrong with the input, when Kind is Invalid.
	Fields []Field
	// RetryAfter is how long the caller should wait; 0 says nothing about it.
	RetryAfter time.Duration
	// Meta is what else callers can act on, such as the limit that was passed. Names
	// are short and in snake_case, as google.rpc.ErrorInfo wants them.
	Meta map[string]string

	cause error
}

// New returns an Error without a cause.
func New(kind Kind, reason, message string) *Error {
	return &Error{Kind: kind, Reason: reason, Message: message}
}

// Newf is New with a formatted message. The arguments end up in the answer:
// pass nothing that the caller must not see.
func Newf(kind Kind, reason, format string, args ...any) *Error {
	return New(kind, reason, fmt.Sprintf(format, args...))
}

// Error returns the message for logs, with the invalid fields and the cause.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Reason + ": " + e.Message)
	for _, f := range e.Fields {
		text.WriteString("; " + f.Field + " " + f.Message)
	}
	if e.cause != nil {
		text.WriteString(": " + e.cause.Error())
	}
	return text.String()
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an *Error with the same kind and reason.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Kind == e.Kind && t.Reason == e.Reason
}

// WithCause returns a copy that wraps cause, for the log at the edge.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// WithFields returns a copy that names the invalid fields.
func (e *Error) WithFields(fields ...Field) *Error {
	c := *e
	c.Fields = fields
	return &c
}

// WithRetryAfter returns a copy that tells the caller when to try again.
func (e *Error) WithRetryAfter(after time.Duration) *Error {
	c := *e
	c.RetryAfter = after
	return &c
}

// WithMeta returns a copy that tells the caller one thing more.
func (e *Error) WithMeta(name, value string) *Error {
	c := *e
	c.Meta = maps.Clone(e.Meta)
	if c.Meta == nil {
		c.Meta = map[string]string{}
	}
	c.Meta[name] = value
	return &c
}

// RetryAfterSeconds returns RetryAfter as the Retry-After header wants it
// (RFC 9110, 10.2.3): whole seconds, rounded up, so that nobody comes too early.
func (e *Error) RetryAfterSeconds() int {
	return int((max(e.RetryAfter, 0) + time.Second - 1) / time.Second)
}

// From turns any error into an *Error. An *Error in the chain is kept; ended contexts
// become Timeout or Unavailable; all else is Internal, with the original as its cause.
func From(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return New(Timeout, "TIMEOUT", "the request took too long").WithCause(err)
	case errors.Is(err, context.Canceled):
		return New(Unavailable, "CANCELED", "the request was cancelled").WithCause(err)
	default:
		return New(Internal, "INTERNAL", "internal error").WithCause(err)
	}
}
