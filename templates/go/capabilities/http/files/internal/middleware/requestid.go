package middleware

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/requestid"
)

// HeaderRequestID carries the id of a request in both directions.
const HeaderRequestID = requestid.Header

// RequestID gives every request an id: the caller's, if it is harmless, or a
// new one. It is in the answer, in the context and in every log record of the request.
func RequestID() gin.HandlerFunc {
	return func(c *gin.Context) {
		id := requestid.Accept(c.GetHeader(HeaderRequestID))
		c.Header(HeaderRequestID, id)
		c.Request = c.Request.WithContext(requestid.With(c.Request.Context(), id))
		c.Next()
	}
}
