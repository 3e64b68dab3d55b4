package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/openapi"
)

// What the check costs a request with a body, and a client that sends nonsense.
func BenchmarkRequest(b *testing.B) {
	validator, err := openapi.NewValidator([]byte(spec))
	require.NoError(b, err)
	for name, body := range map[string]string{
		"allowed": `{"name":"x","tags":["a","b"]}`,
		"refused": `{"name":"","tags":["too long"]}`,
	} {
		b.Run(name, func(b *testing.B) {
			require.Equal(b, name == "allowed", validator.Request(b.Context(), put("limit=5", "on", body)) == nil)
			b.ReportAllocs()
			for b.Loop() {
				_ = validator.Request(b.Context(), put("limit=5", "on", body))
			}
		})
	}
}
