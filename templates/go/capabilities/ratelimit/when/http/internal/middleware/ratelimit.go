package middleware

import (
	"context"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/ratelimit"
)

// Limits decides about one request of whoever key stands for. *ratelimit.Limits
// is one.
type Limits interface {
	Allow(ctx context.Context, operation, key string) (ratelimit.Decision, error)
}

// RateLimit refuses callers who call too often, and tells all of them what they
// may do next. Who that is, key says. Operations are named "POST:/api/v1/tasks/:id".
// When no decision can be made, the request goes on: a limit protects the
// service, and must not be what takes it down.
func RateLimit(limits Limits, key func(c *gin.Context) string) gin.HandlerFunc {
	return func(c *gin.Context) {
		operation := c.Request.Method + ":" + c.FullPath()
		decision, err := limits.Allow(c.Request.Context(), operation, key(c))
		if err != nil {
			_ = c.Error(err) // for the log
			c.Next()
			return
		}
		decision.SetHeaders(c.Writer.Header())
		if err := decision.Err(); err != nil {
			Fail(c, err)
			return
		}
		c.Next()
	}
}

// AddressKey stands for the address of a client.
func AddressKey(c *gin.Context) string { return ratelimit.AddressKey(c.ClientIP()) }
