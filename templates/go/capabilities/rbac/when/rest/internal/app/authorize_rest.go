package app

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/internal/handlers/restapi"
	"goldpath.local/service/internal/middleware"
)

// authorizeREST returns what decides who may call which operation.
func (a *App) authorizeREST() gin.HandlerFunc {
	return middleware.Authorize(a.policy, restapi.Permissions(), a.cfg.Service.Name)
}
