package app

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/internal/middleware"
)

// authenticate returns what finds out who calls.
func (a *App) authenticate() gin.HandlerFunc {
	return middleware.Authenticate(a.verifier, a.cfg.Service.Name)
}
