package middleware

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/rbac"
)

// Authorize refuses requests whose caller holds no role with the permission that
// table declares for their operation, such as "GET /api/v1/tasks/:id". What table
// does not declare is denied to everybody. It needs Authenticate before it; realm
// names the service in challenges.
func Authorize(policy *rbac.Authorizer, table rbac.Table, realm string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := policy.Authorize(c.Request.Context(), table[c.Request.Method+" "+c.FullPath()]); err != nil {
			refuse(c, realm, err)
			return
		}
		c.Next()
	}
}
