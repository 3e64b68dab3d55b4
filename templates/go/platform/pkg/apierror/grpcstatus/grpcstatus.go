// Package grpcstatus is the one mapping between the error model of the service
// and gRPC: kinds and codes, and the details of google.rpc that carry the rest.
// It is apart from apierror so that only services that speak gRPC depend on it.
package grpcstatus

import (
	"context"
	"errors"
	"maps"
	"slices"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"goldpath.local/service/pkg/apierror"
)

// What one status may hold: it travels in a header, and proxies bound those.
const (
	maxFields = 64
	maxText   = 1024
)

// kinds is the mapping of kinds to codes. It must stay one-to-one.
var kinds = map[apierror.Kind]codes.Code{
	apierror.Invalid:            codes.InvalidArgument,
	apierror.Unauthenticated:    codes.Unauthenticated,
	apierror.PermissionDenied:   codes.PermissionDenied,
	apierror.NotFound:           codes.NotFound,
	apierror.Conflict:           codes.Aborted,
	apierror.FailedPrecondition: codes.FailedPrecondition,
	apierror.RateLimited:        codes.ResourceExhausted,
	apierror.Unavailable:        codes.Unavailable,
	apierror.Internal:           codes.Internal,
	apierror.Timeout:            codes.DeadlineExceeded,
}

// Code returns the code that represents the kind; an unknown kind is a defect
// and therefore Internal.
func Code(kind apierror.Kind) codes.Code {
	if code, ok := kinds[kind]; ok {
		return code
	}
	return codes.Internal
}

// Kind is the inverse of Code. Codes that no kind maps to become the kind that
// comes closest.
func Kind(code codes.Code) apierror.Kind {
	for kind, c := range kinds {
		if c == code {
			return kind
		}
	}
	switch code {
	case codes.OutOfRange:
		return apierror.Invalid
	case codes.AlreadyExists:
		return apierror.Conflict
	case codes.Canceled:
		return apierror.Unavailable
	default:
		return apierror.Internal
	}
}

// CodeOf returns the code of the status that FromError would return.
func CodeOf(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	if s := chosen(err); s.Code() != codes.OK {
		return s.Code()
	}
	return codeOf(apierror.From(err))
}

// codeOf tells those who left from those who were left alone.
func codeOf(e *apierror.Error) codes.Code {
	if e.Kind == apierror.Unavailable && errors.Is(e, context.Canceled) {
		return codes.Canceled
	}
	return Code(e.Kind)
}

// FromError returns the status to answer with. Errors of the model carry their
// reason and meta (ErrorInfo), fields (BadRequest) and time to wait (RetryInfo); domain
// says whose reasons these are, usually the name of the service. A status that a
// handler returns is sent as it is. Everything else is Internal, and none of its
// text is sent, nor is a status that it wraps: those are of other services.
func FromError(err error, domain string) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	if s := chosen(err); s.Code() != codes.OK {
		return s
	}
	return New(apierror.From(err), domain)
}

// chosen returns the status that err itself is, not one that it wraps, or nil,
// whose code is OK.
func chosen(err error) *status.Status {
	var typed *apierror.Error
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok && !errors.As(err, &typed) {
		return s.GRPCStatus()
	}
	return nil
}

// New returns the status for an error of the model. Too many fields and too long
// texts are cut.
func New(e *apierror.Error, domain string) *status.Status {
	details := []protoadapt.MessageV1{errorInfo(e, domain)}
	if len(e.Fields) > 0 {
		details = append(details, badRequest(e.Fields))
	}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	s := status.New(codeOf(e), text(e.Message))
	if detailed, err := s.WithDetails(details...); err == nil {
		return detailed
	}
	return s
}

func errorInfo(e *apierror.Error, domain string) *errdetails.ErrorInfo {
	info := &errdetails.ErrorInfo{Reason: text(e.Reason), Domain: text(domain)}
	for _, name := range slices.Sorted(maps.Keys(e.Meta))[:min(len(e.Meta), maxFields)] {
		if info.Metadata == nil {
			info.Metadata = map[string]string{}
		}
		info.Metadata[text(name)] = text(e.Meta[name])
	}
	return info
}

func badRequest(fields []apierror.Field) *errdetails.BadRequest {
	list := make([]*errdetails.BadRequest_FieldViolation, 0, min(len(fields), maxFields))
	for _, f := range fields[:cap(list)] {
		list = append(list, &errdetails.BadRequest_FieldViolation{Field: text(f.Field), Description: text(f.Message)})
	}
	return &errdetails.BadRequest{FieldViolations: list}
}
