package ratelimit

import (
	"net/http"
	"strconv"
	"time"
)

// The names of the fields, spelled as http.Header keeps them: any other spelling is
// converted for every request.
const (
	policyHeader = "Ratelimit-Policy"
	stateHeader  = "Ratelimit"
)

// SetHeaders tells the client about the decision: RateLimit-Policy and RateLimit as in
// draft-ietf-httpapi-ratelimit-headers-10, and Retry-After (RFC 9110, 10.2.3) when the
// request was refused. For a bucket of 20 tokens that fills in 2 s and holds 5 now:
//
//	RateLimit-Policy: "default";q=20;w=2
//	RateLimit: "default";r=5;t=2
func (d Decision) SetHeaders(h http.Header) {
	h.Set(policyHeader, item(d.Policy, "q", d.Limit, "w", seconds(d.Window)))
	h.Set(stateHeader, item(d.Policy, "r", d.Remaining, "t", seconds(d.ResetAfter)))
	if !d.Allowed {
		h.Set("Retry-After", strconv.Itoa(max(1, seconds(d.RetryAfter))))
	}
}

// item renders a string with two parameters (RFC 9651, 3.3). Names of policies hold
// nothing that has to be escaped, see Config.
func item(policy, key1 string, value1 int, key2 string, value2 int) string {
	text := make([]byte, 0, 64)
	text = append(text, '"')
	text = append(text, policy...)
	text = append(append(append(text, `";`...), key1...), '=')
	text = strconv.AppendInt(text, int64(value1), 10)
	text = append(append(append(text, ';'), key2...), '=')
	return string(strconv.AppendInt(text, int64(value2), 10))
}

// seconds rounds up: a client that comes too early is refused again.
func seconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
