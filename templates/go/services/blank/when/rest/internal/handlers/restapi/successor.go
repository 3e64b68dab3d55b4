package restapi

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// successor returns the path that replaces the one of a request in a newer
// version of the API, or "" while there is none.
func successor(c *gin.Context) string {
	switch c.Request.Method + " " + c.FullPath() {
	case "GET /api/v1/tasks", "GET /api/v1/tasks/:id":
		return "/api/v2" + strings.TrimPrefix(c.Request.URL.EscapedPath(), "/api/v1")
	default:
		return ""
	}
}
