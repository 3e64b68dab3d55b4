package middleware

import (
	"slices"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/auth"
)

// RequireCaller refuses requests of nobody, unless their operation, such as
// "GET /api/v1/tasks/:id", is one of public. realm names the service in
// challenges.
func RequireCaller(realm string, public []string) gin.HandlerFunc {
	return func(c *gin.Context) {
		_, known := auth.FromContext(c.Request.Context())
		if !known && !slices.Contains(public, c.Request.Method+" "+c.FullPath()) {
			refuse(c, realm, auth.ErrTokenMissing)
			return
		}
		c.Next()
	}
}
