package crypto_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/crypto"
)

func index(t testing.TB, letter string, normalize func(string) string) *crypto.BlindIndex {
	t.Helper()
	b, err := crypto.NewBlindIndex(key(letter), normalize)
	require.NoError(t, err)
	return b
}

func TestCodesAreTruncatedHMACs(t *testing.T) {
	mac := hmac.New(sha256.New, key("i"))
	mac.Write([]byte("v1\x08profiles\x05email\x00alice@example.com"))
	want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
	require.Equal(t, want, index(t, "i", crypto.CaseInsensitive).Code("profiles", "email", " Alice@Example.COM "))
	require.Len(t, want, 22)
}

func TestCodesTellValuesColumnsAndKeysApart(t *testing.T) {
	b := index(t, "i", crypto.Exact)
	code := b.Code("profiles", "email", "alice")
	for name, other := range map[string]string{
		"value":    b.Code("profiles", "email", "Alice"),
		"column":   b.Code("profiles", "phone", "alice"),
		"table":    b.Code("accounts", "email", "alice"),
		"boundary": b.Code("profiles", "emai", "lalice"),
		"key":      index(t, "j", crypto.Exact).Code("profiles", "email", "alice"),
	} {
		require.NotEqual(t, code, other, name)
	}
	require.Equal(t, code, b.Code("profiles", "email", "alice"))
}

func TestNormalizationIsDoneOnceForAll(t *testing.T) {
	for name, normalize := range map[string]func(string) string{"exact": crypto.Exact, "case": crypto.CaseInsensitive} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				once := normalize(rapid.String().Draw(t, "value"))
				require.Equal(t, once, normalize(once))
			})
		})
	}
	const composed, decomposed, fullwidth = "\u00e9", "e\u0301", "\uff45\u0301"
	require.Equal(t, crypto.Exact(composed), crypto.Exact(decomposed))
	require.NotEqual(t, crypto.Exact(composed), crypto.Exact(fullwidth))
	require.Equal(t, crypto.CaseInsensitive(composed), crypto.CaseInsensitive(fullwidth))
}

func TestABlindIndexNeedsAWholeKey(t *testing.T) {
	_, err := crypto.NewBlindIndex(key("i")[:31], crypto.Exact)
	require.ErrorContains(t, err, "32 bytes")
}

func TestTheKeyIsCopied(t *testing.T) {
	mine := key("i")
	b, err := crypto.NewBlindIndex(mine, crypto.Exact)
	require.NoError(t, err)
	before := b.Code("t", "c", "v")
	clear(mine)
	require.Equal(t, before, b.Code("t", "c", "v"))
}
