package middleware_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
)

func TestQueriesThatCannotBeReadAreRefused(t *testing.T) {
	engine := gin.New()
	engine.Use(middleware.ReadableQuery())
	engine.GET("/", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	for query, status := range map[string]int{"": 204, "?a=1&b=%20": 204, "?a=%zz": 400, "?a=1;b=2": 400} {
		rec := httptest.NewRecorder()
		engine.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/"+query, http.NoBody))
		require.Equal(t, status, rec.Code, query)
		if status == http.StatusBadRequest {
			require.Equal(t, "INVALID_REQUEST", problem(t, rec).Reason)
		}
	}
}

func TestParametersThatCannotBeReadAreNamed(t *testing.T) {
	for text, field := range map[string]string{
		"Invalid format for parameter limit: strconv: bad":          "limit",
		"Expected one value for If-Match, got 2":                    "If-Match",
		"Header parameter If-Match is required, but not found":      "If-Match",
		"Query argument since is required, but not found":           "since",
		"error unmarshaling parameter 'x' as JSON: unexpected text": "",
	} {
		rec := serve(func(c *gin.Context) { middleware.FailParameter(c, errors.New(text), http.StatusBadRequest) })
		require.Equal(t, http.StatusBadRequest, rec.Code)
		told := problem(t, rec)
		require.Equal(t, "INVALID_REQUEST", told.Reason)
		if field == "" {
			require.Empty(t, told.Errors, text)
			continue
		}
		require.Len(t, told.Errors, 1, text)
		require.Equal(t, field, told.Errors[0].Field)
		require.NotContains(t, told.Errors[0].Message, "strconv")
	}
}
