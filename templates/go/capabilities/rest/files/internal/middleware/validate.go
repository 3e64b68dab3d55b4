package middleware

import (
	"strings"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/openapi"
)

// Validate refuses requests that the OpenAPI document does not allow.
func Validate(validator *openapi.Validator) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.FullPath() == "" {
			c.Next()
			return
		}
		if err := validator.Request(c.Request.Context(), operation(c)); err != nil {
			FailRequest(c, err)
			return
		}
		c.Next()
	}
}

func operation(c *gin.Context) openapi.Operation {
	params := make(map[string]string, len(c.Params))
	for _, p := range c.Params {
		params[p.Key] = p.Value
	}
	return openapi.Operation{Pattern: specPattern(c.FullPath()), Params: params, Request: c.Request}
}

// specPattern turns "/tasks/:id" into "/tasks/{id}".
func specPattern(fullPath string) string {
	segments := strings.Split(fullPath, "/")
	for i, s := range segments {
		if name, ok := strings.CutPrefix(s, ":"); ok {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}
