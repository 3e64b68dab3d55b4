package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestEveryMistakeOfRESTIsNamed(t *testing.T) {
	tests := map[string]func(*config.REST){
		"rest.v1.deprecated":     func(c *config.REST) { c.V1.Deprecated = "30.6.2027" },
		"rest.v1.sunset":         func(c *config.REST) { c.V1 = config.Deprecation{Deprecated: "2027-01-01", Sunset: "soon"} },
		"needs a rest.v1":        func(c *config.REST) { c.V1.Sunset = "2027-06-30" },
		"deprecated before it":   func(c *config.REST) { c.V1 = config.Deprecation{Deprecated: "2027-06-30", Sunset: "2027-06-29"} },
		"idempotency":            func(c *config.REST) { c.Idempotency.Retention = 0 },
		"rest.idempotency.lease": func(c *config.REST) { c.Idempotency.Lease = 10 * time.Second },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := config.Default()
			spoil(&cfg.REST)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}

func TestTheEndOfAVersionComesFromTheEnvironment(t *testing.T) {
	t.Setenv("APP_REST_V1_DEPRECATED", "2027-01-01")
	t.Setenv("APP_REST_V1_SUNSET", "2027-06-30")
	cfg, err := config.Load()
	require.NoError(t, err)
	deprecated, sunset, err := cfg.REST.V1.Dates()
	require.NoError(t, err)
	require.Equal(t, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), deprecated)
	require.Equal(t, time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC), sunset)
}
