package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/openapi"
)

// thingsSpec describes GET /things/{id}, whose id is a number.
const thingsSpec = `{"openapi":"3.0.3","info":{"title":"things","version":"1"},"paths":{"/things/{id}":{"get":{
"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer","minimum":1}},
{"name":"limit","in":"query","schema":{"type":"integer","maximum":100}}],
"responses":{"default":{"description":"anything"}}}}}}`

func validator(t testing.TB) *openapi.Validator {
	t.Helper()
	validator, err := openapi.NewValidator([]byte(thingsSpec))
	require.NoError(t, err)
	return validator
}

func TestValidateRefusesWhatTheDocumentDoesNotAllow(t *testing.T) {
	engine := newEngine(middleware.Validate(validator(t)))
	tests := map[string]int{
		"/things/1":           http.StatusNoContent,
		"/things/1?limit=100": http.StatusNoContent,
		"/things/0":           http.StatusBadRequest,
		"/things/x":           http.StatusBadRequest,
		"/things/1?limit=101": http.StatusBadRequest,
		"/nothing":            http.StatusNotFound,
	}
	for path, status := range tests {
		rec := httptest.NewRecorder()
		engine.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		require.Equal(t, status, rec.Code, path)
		if status == http.StatusBadRequest {
			require.Equal(t, "INVALID_REQUEST", problem(t, rec).Reason)
		}
	}
}

func BenchmarkValidate(b *testing.B) { benchmark(b, thing(b), middleware.Validate(validator(b))) }
