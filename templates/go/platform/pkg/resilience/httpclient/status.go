package httpclient

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"goldpath.local/service/pkg/apierror"
)

// statusError is a response that counts as a failure. The classifier and Retry
// see its kind and the time to wait.
type statusError struct{ cause *apierror.Error }

func (e *statusError) Error() string { return e.cause.Error() }

func (e *statusError) Unwrap() error { return e.cause }

// failure returns the response as an error if it counts as one.
func failure(res *http.Response) error {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode < http.StatusInternalServerError {
		return nil
	}
	err := apierror.New(kindOf(res.StatusCode), "HTTP_STATUS", res.Status).WithRetryAfter(readRetryAfter(res.Header))
	return &statusError{cause: err}
}

// kindOf knows a status more than apierror does: what a proxy says of a service
// that it cannot reach.
func kindOf(status int) apierror.Kind {
	if status == http.StatusBadGateway {
		return apierror.Unavailable
	}
	return apierror.KindOfStatus(status)
}

// maxProblem bounds what is read of a problem document, in bytes.
const maxProblem = 64 << 10

// ReadError returns the error that a response of status 400 or above tells, and nil
// for others. If the body is a problem document (RFC 9457), as services of this
// library send them, the error has the reason, the message and the fields that it
// has there; else its reason is HTTP_STATUS. The kind follows from the status of the
// response, never from what the body claims. The caller still closes the body.
func ReadError(res *http.Response) error {
	if res.StatusCode < http.StatusBadRequest {
		return nil
	}
	problem, ok := readProblem(res)
	if !ok {
		problem = apierror.Problem{Reason: "HTTP_STATUS", Detail: res.Status}
	}
	received := apierror.New(kindOf(res.StatusCode), problem.Reason, problem.Detail).
		WithFields(problem.Errors...).
		WithRetryAfter(readRetryAfter(res.Header))
	received.Meta = problem.Meta
	return received
}

func readProblem(res *http.Response) (apierror.Problem, bool) {
	var problem apierror.Problem
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != apierror.ContentType {
		return problem, false
	}
	err = json.NewDecoder(io.LimitReader(res.Body, maxProblem)).Decode(&problem)
	return problem, err == nil && problem.Reason != ""
}

// readRetryAfter reads the header Retry-After, in seconds or as a date
// (RFC 9110, 10.2.3); what it does not understand is 0.
func readRetryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(time.Until(date), 0)
	}
	return 0
}
