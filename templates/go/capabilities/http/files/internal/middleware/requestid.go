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

var safeID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// RequestID gives every request an id: the caller's, if it is harmless, or a
// new one. It is in the answer and in every log record of the request.
func RequestID() gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.GetHeader(HeaderRequestID)
		if !safeID.MatchString(id) {
			id = rand.Text()
		}
		c.Header(HeaderRequestID, id)
		c.Request = c.Request.WithContext(logging.With(c.Request.Context(), slog.String("request_id", id)))
		c.Next()
	}
}
