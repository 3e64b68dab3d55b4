package middleware

import (
	"net/url"
	"regexp"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/apierror"
)

// ReadableQuery refuses a query string that cannot be read. Go would leave the
// broken part out, and answer what was not asked.
func ReadableQuery() gin.HandlerFunc {
	return func(c *gin.Context) {
		if _, err := url.ParseQuery(c.Request.URL.RawQuery); err != nil {
			Fail(c, apierror.New(apierror.Invalid, unreadable.Reason, "the query string cannot be read").WithCause(err))
			return
		}
		c.Next()
	}
}

// What generated code says about a parameter of a path, a query or a header.
var (
	malformed = regexp.MustCompile(`^Invalid format for parameter (\S+): `)
	repeated  = regexp.MustCompile(`^Expected one value for (\S+), got `)
	missing   = regexp.MustCompile(`^(?:Query|Header) (?:argument|parameter) (\S+) is required`)
)

// FailParameter answers a request with a parameter that generated code cannot read:
// it has no error type of its own.
func FailParameter(c *gin.Context, err error, _ int) {
	for pattern, message := range map[*regexp.Regexp]string{
		malformed: "is malformed", repeated: "is given more than once", missing: "is missing",
	} {
		if found := pattern.FindStringSubmatch(err.Error()); found != nil {
			err = unreadable.WithFields(apierror.Field{Field: found[1], Message: message}).WithCause(err)
			break
		}
	}
	FailRequest(c, err)
}
