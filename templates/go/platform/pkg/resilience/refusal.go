package resilience

import (
	"errors"
	"fmt"
	"time"

	"goldpath.local/service/pkg/apierror"
)

// The reasons of errors that this package makes.
const (
	// ReasonCircuitOpen is a call that was not made because its target is down.
	ReasonCircuitOpen = "CIRCUIT_OPEN"
	// ReasonBulkheadFull is a call for which there was no place.
	ReasonBulkheadFull = "BULKHEAD_FULL"
	// ReasonNoTimeLeft is a call that was not made because its caller would not
	// have been there for the answer.
	ReasonNoTimeLeft = "NO_TIME_LEFT"
	// ReasonOverloaded is a request that a server did not take on.
	ReasonOverloaded = "OVERLOADED"
)

var errRefused = errors.New("refused before it was sent")

// Refused reports whether this process refused the call before anything was
// sent. Making it again is safe, even if it is not idempotent. The same errors
// from another service do not count: something was sent to get them.
func Refused(err error) bool { return errors.Is(err, errRefused) }

func refuse(kind apierror.Kind, reason, message string) *apierror.Error {
	return apierror.New(kind, reason, message).WithCause(errRefused)
}

// refuseAfter is refuse for calls that waited until their context ended.
func refuseAfter(kind apierror.Kind, reason, message string, ended error) *apierror.Error {
	return apierror.New(kind, reason, message).WithCause(fmt.Errorf("%w: %w", errRefused, ended))
}

// retryAfter returns how long the target asked to wait, or 0.
func retryAfter(err error) time.Duration {
	var typed *apierror.Error
	if errors.As(err, &typed) {
		return typed.RetryAfter
	}
	return 0
}
