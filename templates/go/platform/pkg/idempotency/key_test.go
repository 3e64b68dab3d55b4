package idempotency_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/idempotency"
)

func TestParseKey(t *testing.T) {
	const uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324"
	tests := map[string]struct{ value, key, reason string }{
		"quoted":         {`"` + uuid + `"`, uuid, ""},
		"bare":           {" " + uuid + " ", uuid, ""},
		"escaped":        {`"a\"b\\c"`, `a"b\c`, ""},
		"longest":        {strings.Repeat("k", 255), strings.Repeat("k", 255), ""},
		"missing":        {"  ", "", "IDEMPOTENCY_KEY_REQUIRED"},
		"empty":          {`""`, "", "IDEMPOTENCY_KEY_INVALID"},
		"too long":       {strings.Repeat("k", 256), "", "IDEMPOTENCY_KEY_INVALID"},
		"not closed":     {`"abc`, "", "IDEMPOTENCY_KEY_INVALID"},
		"one quote":      {`"`, "", "IDEMPOTENCY_KEY_INVALID"},
		"two strings":    {`"a", "b"`, "", "IDEMPOTENCY_KEY_INVALID"},
		"bad escape":     {`"a\b"`, "", "IDEMPOTENCY_KEY_INVALID"},
		"ends in escape": {`"a\"`, "", "IDEMPOTENCY_KEY_INVALID"},
		"control":        {"a\x00b", "", "IDEMPOTENCY_KEY_INVALID"},
		"not ascii":      {"schlüssel", "", "IDEMPOTENCY_KEY_INVALID"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			key, err := idempotency.ParseKey(tc.value)
			require.Equal(t, tc.key, key)
			if tc.reason == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, apierror.Invalid, apierror.From(err).Kind)
			require.Equal(t, tc.reason, apierror.From(err).Reason)
		})
	}
}

func TestQuotedKeysSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[ -~]{1,255}`).Draw(t, "key")
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		got, err := idempotency.ParseKey(quoted)
		require.NoError(t, err)
		require.Equal(t, key, got)
	})
}

func TestFingerprintsTellPartsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 3)
		one, other := parts.Draw(t, "one"), parts.Draw(t, "other")
		same := len(one) == len(other)
		for i := 0; same && i < len(one); i++ {
			same = string(one[i]) == string(other[i])
		}
		require.Equal(t, same, idempotency.Fingerprint(one...) == idempotency.Fingerprint(other...))
	})
	require.NotEqual(t, idempotency.Fingerprint([]byte("ab"), []byte("c")), idempotency.Fingerprint([]byte("a"), []byte("bc")))
}
