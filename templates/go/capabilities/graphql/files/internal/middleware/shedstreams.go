package middleware

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/resilience/loadshed"
)

// ShedStreams leaves to others all requests but streams, which isStream names: new
// ones are turned away as others are, but take no place. How long they last says
// nothing about the load.
func ShedStreams(isStream func(*http.Request) bool, shedder *loadshed.Shedder, others gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !isStream(c.Request) {
			others(c)
			return
		}
		if err := shedder.Check(c.Request.Context()); err != nil {
			Fail(c, err)
			return
		}
		c.Next()
	}
}
