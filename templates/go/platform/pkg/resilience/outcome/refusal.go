package outcome

import (
	"errors"
	"fmt"

	"goldpath.local/service/pkg/apierror"
)

var errRefused error = refusal{}

type refusal struct{}

// Error implements error.
func (refusal) Error() string { return "refused before it was sent" }

// SafeToRetry tells those who ask, as pgconn.SafeToRetry does, that nothing was done.
func (refusal) SafeToRetry() bool { return true }

// Refused reports whether this process refused the call before anything was
// sent. Making it again is safe, even if it is not idempotent. The same errors
// from another service do not count: something was sent to get them.
func Refused(err error) bool { return errors.Is(err, errRefused) }

// Refuse returns the error of a call that was not sent: Refused knows it.
func Refuse(kind apierror.Kind, reason, message string) *apierror.Error {
	return apierror.New(kind, reason, message).WithCause(errRefused)
}

// RefuseAfter is Refuse for calls that waited until their context ended.
func RefuseAfter(kind apierror.Kind, reason, message string, ended error) *apierror.Error {
	return apierror.New(kind, reason, message).WithCause(fmt.Errorf("%w: %w", errRefused, ended))
}
