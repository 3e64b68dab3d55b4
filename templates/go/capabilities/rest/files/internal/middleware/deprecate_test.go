package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
)

func TestDeprecateTellsSinceWhenUntilWhenAndWhatInstead(t *testing.T) {
	since := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	sunset := time.Date(2027, 6, 30, 0, 0, 0, 0, time.FixedZone("CEST", 7200))
	link := `</v2/things/1>; rel="successor-version"`
	tests := map[string]struct {
		deprecation middleware.Deprecation
		successor   string
		want        [3]string
	}{
		"not deprecated":  {middleware.Deprecation{}, "/v2/things/1", [3]string{}},
		"no successor":    {middleware.Deprecation{Since: since}, "", [3]string{}},
		"end is open":     {middleware.Deprecation{Since: since}, "/v2/things/1", [3]string{"@1798761600", "", link}},
		"end is known":    {middleware.Deprecation{Since: since, Sunset: sunset}, "/v2/things/1", [3]string{"@1798761600", "Tue, 29 Jun 2027 22:00:00 GMT", link}},
		"only the end is": {middleware.Deprecation{Sunset: sunset}, "/v2/things/1", [3]string{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(middleware.Deprecate(tc.deprecation, func(*gin.Context) string { return tc.successor }))
			rec := httptest.NewRecorder()
			engine.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/things/1", http.NoBody))
			require.Equal(t, http.StatusNoContent, rec.Code)
			header := rec.Header()
			require.Equal(t, tc.want, [3]string{header.Get("Deprecation"), header.Get("Sunset"), header.Get("Link")})
		})
	}
}
