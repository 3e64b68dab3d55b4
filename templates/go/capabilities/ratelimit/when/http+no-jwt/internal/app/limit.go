package app

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/internal/middleware"
)

// limit returns what counts requests, by address: nobody says who calls.
func (a *App) limit() gin.HandlerFunc {
	return middleware.RateLimit(a.limiter, middleware.AddressKey)
}
