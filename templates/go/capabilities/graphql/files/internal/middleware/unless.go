package middleware

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Unless leaves out a handler for the requests that except names. Nil names none.
func Unless(except func(*http.Request) bool, handler gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if except != nil && except(c.Request) {
			c.Next()
			return
		}
		handler(c)
	}
}
