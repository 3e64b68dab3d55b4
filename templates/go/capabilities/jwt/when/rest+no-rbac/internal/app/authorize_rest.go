package app

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/internal/handlers/restapi"
	"goldpath.local/service/internal/middleware"
)

// authorizeREST returns what decides who may call which operation: everybody
// with a valid token may call all of them.
func (a *App) authorizeREST() gin.HandlerFunc {
	return middleware.RequireCaller(a.cfg.Service.Name, restapi.PublicOperations())
}
