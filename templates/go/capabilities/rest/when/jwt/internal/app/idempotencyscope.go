package app

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/auth"
)

// idempotencyScope returns whose idempotency keys those of a request are: without
// it, who guesses a key would be shown what somebody else was answered.
func idempotencyScope(c *gin.Context) string {
	if caller, known := auth.FromContext(c.Request.Context()); known {
		return "caller:" + caller.Subject
	}
	return "nobody"
}
