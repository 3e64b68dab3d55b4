package middleware

import (
	"crypto/rand"
	"log/slog"
	"regexp"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/logging"
)

// HeaderRequestID carries the id of a request in both directions.
const HeaderRequestID = "X-Request-ID"

const keyTraceID = "trace_id"

var (
	safeID      = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	traceParent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

// RequestID gives every request an id: the caller's, if it is harmless, or a
// new one. It is in the answer and, with the trace id of the W3C traceparent
// header, in every log record of the request.
func RequestID() gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.GetHeader(HeaderRequestID)
		if !safeID.MatchString(id) {
			id = rand.Text()
		}
		c.Header(HeaderRequestID, id)
		attrs := []slog.Attr{slog.String("request_id", id)}
		if m := traceParent.FindStringSubmatch(c.GetHeader("traceparent")); m != nil {
			attrs = append(attrs, slog.String(keyTraceID, m[1]))
			c.Set(keyTraceID, m[1])
		}
		c.Request = c.Request.WithContext(logging.With(c.Request.Context(), attrs...))
		c.Next()
	}
}
