// Package outcome says what the end of a call says about its target.
package outcome

import (
	"context"
	"errors"
	"io"
	"net"

	"goldpath.local/service/pkg/apierror"
)

// Outcome is what the end of a call says about its target.
type Outcome int

// The outcomes, from good to bad.
const (
	// Success means that the target did its work, if only to refuse a request
	// that was wrong.
	Success Outcome = iota + 1
	// Ignored says nothing about the target: the caller went away, or the call
	// was refused here before it was sent.
	Ignored
	// Throttled means that the target is well and wants fewer calls.
	Throttled
	// Transient means that the target failed and may do the same call soon.
	Transient
	// Failed means that the target failed and would fail again.
	Failed
)

// String returns the outcome as the label of metrics.
func (o Outcome) String() string {
	switch o {
	case Success:
		return "success"
	case Ignored:
		return "ignored"
	case Throttled:
		return "throttled"
	case Transient:
		return "transient"
	case Failed:
		return "failed"
	default:
		return "unknown"
	}
}

// Retryable reports whether the same call may be made again.
func (o Outcome) Retryable() bool { return o == Transient || o == Throttled }

// Classifier says what an error means; nil is Success.
type Classifier func(err error) Outcome

// Classify is the Classifier for errors of this service's clients: apierror
// kinds, ended contexts, and failures of the network. What it does not know is
// Failed: counted against the target, and not tried again.
func Classify(err error) Outcome {
	var typed *apierror.Error
	switch {
	case err == nil:
		return Success
	case Refused(err), errors.Is(err, context.Canceled):
		return Ignored
	case errors.As(err, &typed):
		return classifyKind(typed.Kind)
	case errors.Is(err, context.DeadlineExceeded), connectionFailed(err):
		return Transient
	default:
		return Failed
	}
}

func classifyKind(kind apierror.Kind) Outcome {
	switch kind {
	case apierror.Invalid, apierror.Unauthenticated, apierror.PermissionDenied,
		apierror.NotFound, apierror.Conflict, apierror.FailedPrecondition:
		return Success
	case apierror.RateLimited:
		return Throttled
	case apierror.Unavailable, apierror.Timeout:
		return Transient
	default:
		return Failed
	}
}

// connectionFailed reports whether the network failed, as opposed to what was
// said over it: refused and broken connections, timeouts, and name servers that
// do not answer. A name that does not exist and a certificate that is not
// trusted stay so.
func connectionFailed(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return !dns.IsNotFound
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op == "dial" || op.Op == "read" || op.Op == "write"
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
