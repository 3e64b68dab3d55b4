package middleware

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/auth"
)

// CallerKey stands for the caller of a request, from wherever they call, and
// without one for the address of the client.
func CallerKey(c *gin.Context) string {
	if caller, known := auth.FromContext(c.Request.Context()); known {
		return "caller:" + caller.Subject
	}
	return AddressKey(c)
}
