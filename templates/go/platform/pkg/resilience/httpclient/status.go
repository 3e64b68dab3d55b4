package httpclient

import (
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
	var kind apierror.Kind
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		kind = apierror.RateLimited
	case res.StatusCode == http.StatusBadGateway, res.StatusCode == http.StatusServiceUnavailable:
		kind = apierror.Unavailable
	case res.StatusCode == http.StatusGatewayTimeout:
		kind = apierror.Timeout
	case res.StatusCode >= http.StatusInternalServerError:
		kind = apierror.Internal
	default:
		return nil
	}
	err := apierror.New(kind, "HTTP_STATUS", res.Status).WithRetryAfter(readRetryAfter(res.Header))
	return &statusError{cause: err}
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
