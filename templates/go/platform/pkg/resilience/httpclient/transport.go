package httpclient

import (
	"net/http"

	"goldpath.local/service/pkg/resilience"
)

// Transport makes HTTP requests by a resilience.Policy. Statuses count as its classifier
// says of the apierror kind they stand for: 429, 502, 503 and 504 may be tried
// again, other 5xx count against the target, the rest is success. A response is
// returned as it came, also when it is the last of several failures.
//
// A request is made again only if its method is idempotent (RFC 9110, 9.2.2) or
// it has an Idempotency-Key, and its body can be sent again (GetBody). Timeout.Total
// includes reading the body; Timeout.Attempt and the bulkhead's place end with
// the headers. It is not for protocol upgrades.
type Transport struct {
	base      http.RoundTripper
	policy    *resilience.Policy
	maxBody   int64
	closeIdle func()
}

// NewTransport returns a Transport that sends by base, and fails to read more
// than maxBody bytes of a response (0: no limit).
func NewTransport(base http.RoundTripper, policy *resilience.Policy, maxBody int64) *Transport {
	t := &Transport{base: base, policy: policy, maxBody: maxBody, closeIdle: func() {}}
	if closer, ok := base.(interface{ CloseIdleConnections() }); ok {
		t.closeIdle = closer.CloseIdleConnections
	}
	return t
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	e := &exchange{transport: t, request: req}
	end, err := t.policy.Start(req.Context(), repeatable(req), e.send)
	return e.result(err, end)
}

// CloseIdleConnections implements what http.Client.CloseIdleConnections looks for.
func (t *Transport) CloseIdleConnections() { t.closeIdle() }

// repeatable reports whether a request may be sent more than once.
func repeatable(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	default:
		return req.Header.Get("Idempotency-Key") != ""
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
