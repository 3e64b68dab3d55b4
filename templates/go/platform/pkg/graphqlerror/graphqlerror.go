// Package graphqlerror is the one mapping between the error model of the service
// and the errors of GraphQL: their extensions hold the kind as a code, the
// reason, and what else a client needs to act. It is a package of its own so that
// only services and clients that speak GraphQL depend on it.
package graphqlerror

import (
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"goldpath.local/service/pkg/apierror"
)

// Keys of the extensions.
const (
	// KeyCode is the class of the error, such as NOT_FOUND; see Code.
	KeyCode = "code"
	// KeyReason is the stable identifier that clients switch on.
	KeyReason = "reason"
	// KeyFields lists the invalid parts of the input.
	KeyFields = "fields"
	// KeyRetryAfter is how many seconds to wait before the next attempt.
	KeyRetryAfter = "retry_after"
	// KeyMeta is what else callers can act on.
	KeyMeta = "meta"
	// KeyRequestID finds the request in the logs.
	KeyRequestID = "request_id"
)

// codes is the mapping of kinds. It must stay one-to-one. The names are those of
// Apollo Server where it has one: clients know them.
var codes = map[apierror.Kind]string{
	apierror.Invalid:            "BAD_USER_INPUT",
	apierror.Unauthenticated:    "UNAUTHENTICATED",
	apierror.PermissionDenied:   "FORBIDDEN",
	apierror.NotFound:           "NOT_FOUND",
	apierror.Conflict:           "CONFLICT",
	apierror.FailedPrecondition: "PRECONDITION_FAILED",
	apierror.RateLimited:        "RATE_LIMITED",
	apierror.Unavailable:        "SERVICE_UNAVAILABLE",
	apierror.Internal:           "INTERNAL_SERVER_ERROR",
	apierror.Timeout:            "TIMEOUT",
}

// Code returns the code that represents the kind; an unknown kind is a defect and
// therefore INTERNAL_SERVER_ERROR.
func Code(kind apierror.Kind) string {
	if code, ok := codes[kind]; ok {
		return code
	}
	return codes[apierror.Internal]
}

// Kind is the inverse of Code. The codes for documents that cannot be read or are
// not valid become Invalid; what is not known becomes Internal.
func Kind(code string) apierror.Kind {
	for kind, c := range codes {
		if c == code {
			return kind
		}
	}
	switch code {
	case "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST":
		return apierror.Invalid
	case "PERSISTED_QUERY_NOT_FOUND":
		return apierror.NotFound
	default:
		return apierror.Internal
	}
}

// FromError returns the error to answer with, without path and request id, which
// only the server knows. What is no error of the model is Internal, and none of
// its text is in the result.
func FromError(err error) *gqlerror.Error {
	e := apierror.From(err)
	extensions := map[string]any{KeyCode: Code(e.Kind), KeyReason: e.Reason}
	if len(e.Fields) > 0 {
		extensions[KeyFields] = e.Fields
	}
	if len(e.Meta) > 0 {
		extensions[KeyMeta] = e.Meta
	}
	if e.RetryAfter > 0 {
		extensions[KeyRetryAfter] = e.RetryAfterSeconds()
	}
	return &gqlerror.Error{Message: e.Message, Extensions: extensions}
}

// ToError rebuilds the error that a server sent, so that errors cross services
// without losing their kind, reason, fields or meta. An error without a reason has its
// code for one.
func ToError(e *gqlerror.Error) *apierror.Error {
	code, _ := e.Extensions[KeyCode].(string)
	reason, ok := e.Extensions[KeyReason].(string)
	if !ok {
		reason = code
	}
	rebuilt := apierror.New(Kind(code), reason, e.Message)
	if fields := fieldsOf(e.Extensions[KeyFields]); len(fields) > 0 {
		rebuilt = rebuilt.WithFields(fields...)
	}
	meta, _ := e.Extensions[KeyMeta].(map[string]any)
	for name, value := range meta {
		if text, ok := value.(string); ok {
			rebuilt = rebuilt.WithMeta(name, text)
		}
	}
	if seconds, ok := e.Extensions[KeyRetryAfter].(float64); ok {
		rebuilt = rebuilt.WithRetryAfter(time.Duration(seconds) * time.Second)
	}
	return rebuilt
}

// fieldsOf reads fields as JSON has them; what is none is left out.
func fieldsOf(list any) []apierror.Field {
	items, _ := list.([]any)
	var fields []apierror.Field
	for _, item := range items {
		members, ok := item.(map[string]any)
		if !ok {
			continue
		}
		name, _ := members["field"].(string)
		message, _ := members["message"].(string)
		fields = append(fields, apierror.Field{Field: name, Message: message})
	}
	return fields
}
