package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeysMayComeFromThisMachineWithoutTLS(t *testing.T) {
	tests := map[string]bool{
		"http://127.0.0.1:8090/keys":     true,
		"http://127.1.2.3/keys":          true,
		"http://[::1]:8090/keys":         true,
		"http://localhost:8090/keys":     false,
		"http://10.0.0.1/keys":           false,
		"http://127.0.0.1.example/keys":  false,
		"http://issuer@127.0.0.1/keys":   false,
		"http://169.254.169.254/keys":    false,
		"ftp://127.0.0.1/keys":           false,
		"http://0.0.0.0/keys":            false,
		"http://[::ffff:127.0.0.1]/keys": true,
	}
	for address, want := range tests {
		cfg := trusting()
		cfg.JWKSURL = address
		require.Equal(t, want, cfg.Validate() == nil, address)
	}
}
