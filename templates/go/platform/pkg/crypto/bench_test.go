package crypto_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/crypto"
)

func BenchmarkEnvelope(b *testing.B) {
	envelope := crypto.NewEnvelope(keyring(b, "a", "a"))
	plaintext := []byte("alice@example.com")
	value := seal(b, keyring(b, "a", "a"), string(plaintext))
	b.Run("Seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := envelope.Seal(b.Context(), plaintext, email)
			require.NoError(b, err)
		}
	})
	b.Run("Open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := envelope.Open(b.Context(), value, email)
			require.NoError(b, err)
		}
	})
}

func BenchmarkBlindIndex(b *testing.B) {
	idx := index(b, "i", crypto.CaseInsensitive)
	b.ReportAllocs()
	for b.Loop() {
		idx.Code("profiles", "email", "Alice@Example.com")
	}
}

// BenchmarkPasswordHash shows what a login costs; it is meant to be slow.
func BenchmarkPasswordHash(b *testing.B) {
	second := crypto.DefaultPasswordConfig()
	second.MemoryKiB, second.Iterations, second.Parallelism = 64<<10, 3, 4
	for name, cfg := range map[string]crypto.PasswordConfig{"owasp": crypto.DefaultPasswordConfig(), "rfc9106": second} {
		b.Run(name, func(b *testing.B) {
			p, err := crypto.NewPasswords(cfg)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				_, err := p.Hash(b.Context(), strings.Repeat("x", 16))
				require.NoError(b, err)
			}
		})
	}
}
