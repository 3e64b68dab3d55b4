package middleware

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/loadshed"
)

// Recover turns a panic of a handler into a 500 and logs its stack. The
// process goes on: one bad request must not end the others.
func Recover(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			recovered := recover()
			if recovered == nil {
				return
			}
			if recovered == http.ErrAbortHandler { //nolint:errorlint // net/http compares it the same way
				panic(recovered)
			}
			log.ErrorContext(c.Request.Context(), "handler panicked", "stack", string(debug.Stack()))
			Fail(c, apierror.New(apierror.Internal, "INTERNAL", "internal error").
				WithCause(fmt.Errorf("panic: %v", recovered)))
		}()
		c.Next()
	}
}

// Shed turns requests away with 503 and Retry-After while shedder says that the
// service has too much to do.
func Shed(shedder *loadshed.Shedder) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		done, err := shedder.Admit(ctx)
		if err != nil {
			Fail(c, err)
			return
		}
		// Deferred, so that a handler that panics gives its place back.
		defer func() { done(ctx.Err()) }()
		c.Next()
	}
}

// BodyLimit refuses to read more than limit bytes of a body.
func BodyLimit(limit int64) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
		c.Next()
	}
}

// Deadline gives every request this much time, counted from here. Handlers
// notice through their context.
func Deadline(timeout time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}
