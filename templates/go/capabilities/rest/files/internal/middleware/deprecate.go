package middleware

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// Deprecation is the end of a version of an API. The zero value is none.
type Deprecation struct {
	// Since is when the version was, or will be, deprecated.
	Since time.Time
	// Sunset is when it may go away; the zero time leaves that open.
	Sunset time.Time
}

// Deprecate tells the clients of operations that have a successor about it, in
// the headers Deprecation (RFC 9745), Sunset (RFC 8594) and Link (RFC 5829).
// successor returns the path to use instead, or "" for operations that stay.
func Deprecate(d Deprecation, successor func(c *gin.Context) string) gin.HandlerFunc {
	since := "@" + strconv.FormatInt(d.Since.Unix(), 10)
	sunset := d.Sunset.UTC().Format(http.TimeFormat)
	return func(c *gin.Context) {
		path := successor(c)
		if path != "" && !d.Since.IsZero() {
			c.Header("Deprecation", since)
			c.Header("Link", fmt.Sprintf(`<%s>; rel="successor-version"`, path))
			if !d.Sunset.IsZero() {
				c.Header("Sunset", sunset)
			}
		}
		c.Next()
	}
}
