package grpcstatus

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror"
)

// ReasonMessageTooLarge is a message over the limit of its sender or receiver.
// Sending it again does not help, whatever its code says.
const ReasonMessageTooLarge = "MESSAGE_TOO_LARGE"

// ToError rebuilds the error that a server sent, so that errors cross services
// without losing their kind, reason, fields or time to wait. An error of the
// model that is already there is kept. A status without ErrorInfo comes from
// gRPC itself or from a stranger: its reason is its code, and its text becomes the
// cause, for the log only, because it may name addresses.
func ToError(err error) *apierror.Error {
	if err == nil {
		return nil
	}
	var typed *apierror.Error
	if errors.As(err, &typed) {
		return typed
	}
	s, ok := status.FromError(err)
	if !ok {
		return apierror.From(err)
	}
	received, known := read(s)
	switch {
	case s.Code() == codes.Canceled:
		return received.WithCause(context.Canceled)
	case s.Code() == codes.DeadlineExceeded && !known:
		return received.WithCause(context.DeadlineExceeded)
	case !known:
		return received.WithCause(err)
	default:
		return received
	}
}

// read returns what a status says, and whether it says it in our words.
func read(s *status.Status) (e *apierror.Error, known bool) {
	e = foreign(s)
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Message, e.Meta, known = d.GetReason(), s.Message(), d.GetMetadata(), true
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Fields = append(e.Fields, apierror.Field{Field: v.GetField(), Message: v.GetDescription()})
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = d.GetRetryDelay().AsDuration()
		}
	}
	return e, known
}

// foreign returns an error that tells the code only.
func foreign(s *status.Status) *apierror.Error {
	if s.Code() == codes.ResourceExhausted && strings.Contains(s.Message(), "larger than max") {
		return apierror.New(apierror.Invalid, ReasonMessageTooLarge, "the message is too large")
	}
	kind := Kind(s.Code())
	return apierror.New(kind, constant(s.Code().String()), message(kind))
}

func message(kind apierror.Kind) string {
	switch kind {
	case apierror.Unavailable:
		return "a service that is needed for this is unavailable"
	case apierror.Timeout:
		return "a service that is needed for this took too long"
	case apierror.Internal:
		return "internal error"
	default:
		return "a service that is needed for this refused: " + kind.String()
	}
}
