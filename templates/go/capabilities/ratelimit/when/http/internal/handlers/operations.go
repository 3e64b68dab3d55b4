package handlers

import "github.com/gin-gonic/gin"

// announce tells listen, unless it is nil, the operations of the routes.
func announce(engine *gin.Engine, listen func(operations []string)) {
	if listen == nil {
		return
	}
	var operations []string
	for _, route := range engine.Routes() {
		operations = append(operations, route.Method+":"+route.Path)
	}
	listen(operations)
}
