package middleware

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/resilience/loadshed"
)

// ShedStreams is Shed for a service with streams, which isStream names: new ones
// are turned away as other requests are, but take no place. How long they last says
// nothing about the load.
func ShedStreams(isStream func(*http.Request) bool, shedder *loadshed.Shedder) gin.HandlerFunc {
	shed := Shed(shedder)
	return func(c *gin.Context) {
		if !isStream(c.Request) {
			shed(c)
			return
		}
		if err := shedder.Check(c.Request.Context()); err != nil {
			Fail(c, err)
			return
		}
		c.Next()
	}
}
