package middleware_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
)

func TestUnlessLeavesAHandlerOutForSomeRequests(t *testing.T) {
	always := func(*http.Request) bool { return true }
	never := func(*http.Request) bool { return false }
	for name, tc := range map[string]struct {
		except  func(*http.Request) bool
		bounded bool
	}{"no exception": {nil, true}, "another request": {never, true}, "this request": {always, false}} {
		t.Run(name, func(t *testing.T) {
			served := false
			serve(func(c *gin.Context) {
				_, bounded := c.Request.Context().Deadline()
				require.Equal(t, tc.bounded, bounded)
				served = true
			}, middleware.Unless(tc.except, middleware.Deadline(time.Minute)))
			require.True(t, served)
		})
	}
}
