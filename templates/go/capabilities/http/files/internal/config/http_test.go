package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestEveryMistakeOfHTTPIsNamed(t *testing.T) {
	tests := map[string]func(*config.HTTP){
		"http.addr":            func(c *config.HTTP) { c.Addr = "" },
		"http.body_limit":      func(c *config.HTTP) { c.BodyLimit = 0 },
		"http.request_timeout": func(c *config.HTTP) { c.RequestTimeout = 0 },
		"http.write_timeout":   func(c *config.HTTP) { c.WriteTimeout = time.Second },
		"http.trusted_proxies": func(c *config.HTTP) { c.TrustedProxies = []string{"10.0.0.0/8", "gateway"} },
		"http.shedding":        func(c *config.HTTP) { c.Shedding.MinLimit = 0 },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := config.Default()
			spoil(&cfg.HTTP)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}
