package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/resilience/loadshed"
)

func TestStreamsTakeNoPlaceButAreTurnedAwayToo(t *testing.T) {
	cfg := loadshed.DefaultConfig()
	cfg.InitialLimit, cfg.MinLimit, cfg.MaxLimit = 1, 1, 1
	isStream := false
	shedder := loadshed.New("http", cfg, prometheus.NewRegistry())
	shed := middleware.ShedStreams(func(*http.Request) bool { return isStream }, shedder, middleware.Shed(shedder))
	var second *httptest.ResponseRecorder
	nested := func(c *gin.Context) {
		second = serve(func(c *gin.Context) { c.Status(http.StatusNoContent) }, shed)
		c.Status(http.StatusNoContent)
	}
	isStream = true
	require.Equal(t, http.StatusNoContent, serve(nested, shed).Code)
	require.Equal(t, http.StatusNoContent, second.Code, "the first takes no place")

	isStream = false
	require.Equal(t, http.StatusNoContent, serve(func(c *gin.Context) {
		isStream = true // the next one
		nested(c)
	}, shed).Code)
	require.Equal(t, http.StatusServiceUnavailable, second.Code)
	require.Equal(t, loadshed.ReasonOverloaded, problem(t, second).Reason)
}
