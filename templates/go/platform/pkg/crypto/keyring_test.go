package crypto_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/crypto"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m) }

// key returns 32 bytes that depend on letter only.
func key(letter string) []byte { return []byte(strings.Repeat(letter, 32)) }

func encoded(letter string) string { return base64.StdEncoding.EncodeToString(key(letter)) }

func keyring(t testing.TB, primary string, letters ...string) *crypto.Keyring {
	t.Helper()
	keys := map[string][]byte{}
	for _, letter := range letters {
		keys["key-"+letter] = key(letter)
	}
	ring, err := crypto.NewKeyring("key-"+primary, keys)
	require.NoError(t, err)
	return ring
}

func TestKeysAreConfiguredAsTheyAreMounted(t *testing.T) {
	for name, keys := range map[string]string{
		"one line": "2026-04:" + encoded("a") + ",2025-10:" + encoded("b"),
		"lines":    "2026-04:" + encoded("a") + "\r\n 2025-10: " + encoded("b") + " \n\n",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := crypto.Config{Keys: config.Secret(keys), PrimaryKey: "2026-04", BlindIndexKey: config.Secret(encoded("i"))}
			require.NoError(t, cfg.Validate())
			ring, err := cfg.Keyring()
			require.NoError(t, err)
			require.Equal(t, "2026-04", ring.PrimaryKey())
			old, err := crypto.NewKeyring("2025-10", map[string][]byte{"2025-10": key("b")})
			require.NoError(t, err)
			text, err := crypto.NewEnvelope(old).Seal(t.Context(), []byte("x"), email)
			require.NoError(t, err)
			_, err = crypto.NewEnvelope(ring).Open(t.Context(), text, email)
			require.NoError(t, err)
		})
	}
}

func TestConfigRefusals(t *testing.T) {
	good := "a:" + encoded("s")
	tests := map[string]struct {
		cfg  crypto.Config
		want string
	}{
		"no keys":       {crypto.Config{PrimaryKey: "a"}, `"a" is not among the keys`},
		"no primary":    {crypto.Config{Keys: config.Secret(good)}, `"" is not among the keys`},
		"no id":         {crypto.Config{Keys: config.Secret(encoded("s")), PrimaryKey: "a"}, "does not begin with the id"},
		"bad id":        {crypto.Config{Keys: config.Secret("A.b:" + encoded("s")), PrimaryKey: "a"}, "does not begin with the id"},
		"twice":         {crypto.Config{Keys: config.Secret(good + "," + good), PrimaryKey: "a"}, "a is there twice"},
		"short":         {crypto.Config{Keys: "a:c3Nzc3M=", PrimaryKey: "a"}, "a: must be 32 bytes in base64"},
		"not base64":    {crypto.Config{Keys: "a:ssss!", PrimaryKey: "a"}, "a: must be 32 bytes in base64"},
		"bad index key": {crypto.Config{Keys: config.Secret(good), PrimaryKey: "a", BlindIndexKey: "ssss"}, "blind_index_key: must be 32 bytes"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := tc.cfg.Validate()
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "ssss", "no error quotes a key")
		})
	}
}

func TestNewKeyringRefusesUnusableKeys(t *testing.T) {
	_, err := crypto.NewKeyring("a", map[string][]byte{"a": key("a")[:16]})
	require.ErrorContains(t, err, "key a: must be 32 bytes long")
	for _, id := range []string{"", "a.b", "a_b", "A", "ä", strings.Repeat("a", 33)} {
		_, err := crypto.NewKeyring(id, map[string][]byte{id: key("a")})
		require.ErrorContains(t, err, "must be up to 32", id)
	}
}
