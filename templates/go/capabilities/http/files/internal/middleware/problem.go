// Package middleware holds what every request goes through before it reaches a
// handler, and how errors leave the service.
package middleware

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/telemetry"
)

var unreadable = apierror.New(apierror.Invalid, "INVALID_REQUEST", "the request cannot be read")

// Fail answers the request with the problem document for err and stops the
// chain. The access log records the cause; the client sees only what the
// error's kind and message say.
func Fail(c *gin.Context, err error) {
	_ = c.Error(err)
	if seconds := apierror.From(err).RetryAfterSeconds(); seconds > 0 {
		c.Header("Retry-After", strconv.Itoa(seconds))
	}
	failWith(c, problemFor(c, err))
}

// FailRequest is Fail for requests that could not be read: errors without a kind
// of their own are the client's, not the service's.
func FailRequest(c *gin.Context, err error) {
	var (
		typed     *apierror.Error
		tooLarge  *http.MaxBytesError
		wrongType *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &typed), errors.As(err, &tooLarge):
		Fail(c, err)
	case errors.Is(err, os.ErrDeadlineExceeded): // of the connection: the body is too slow
		_ = c.Error(err)
		failWith(c, statusProblem(http.StatusRequestTimeout, "REQUEST_TOO_SLOW", "the body did not arrive in time"))
	case errors.As(err, &wrongType):
		field := apierror.Field{Field: wrongType.Field, Message: "cannot be a " + wrongType.Value}
		Fail(c, unreadable.WithFields(field).WithCause(err))
	default:
		Fail(c, unreadable.WithCause(err))
	}
}

// NotFound answers requests that no route matches.
func NotFound(c *gin.Context) {
	Fail(c, apierror.New(apierror.NotFound, "ROUTE_NOT_FOUND", "there is nothing at this path"))
}

// MethodNotAllowed answers requests whose path has other methods only; the
// router has set the Allow header.
func MethodNotAllowed(c *gin.Context) {
	failWith(c, statusProblem(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "the path does not have this method"))
}

// statusClientGone is what proxies log for clients that hang up. Nobody sees the
// answer, but a status from 500 would count against the service.
const statusClientGone = 499

func problemFor(c *gin.Context, err error) apierror.Problem {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return statusProblem(http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "the body is too large")
	case errors.Is(err, context.Canceled) && errors.Is(c.Request.Context().Err(), context.Canceled):
		return statusProblem(statusClientGone, "CANCELED", "the client has gone away")
	default:
		return apierror.From(err).ToProblem()
	}
}

// statusProblem is for failures of HTTP itself, which have no kind.
func statusProblem(status int, reason, detail string) apierror.Problem {
	return apierror.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Reason: reason, Detail: detail,
	}
}

func failWith(c *gin.Context, problem apierror.Problem) {
	c.Abort()
	if c.Writer.Written() {
		return // too late: the answer is on its way
	}
	problem.Instance = c.Request.URL.Path
	problem.RequestID = c.Writer.Header().Get(HeaderRequestID)
	problem.TraceID = telemetry.TraceID(c.Request.Context())
	c.Header("Content-Type", apierror.ContentType)
	c.Status(problem.Status)
	// A client that has gone away cannot be told anything.
	_ = json.NewEncoder(c.Writer).Encode(problem)
}
