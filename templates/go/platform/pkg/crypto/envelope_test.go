package crypto_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/crypto"
)

var email = crypto.Field{Table: "profiles", Column: "email", ID: "7"}

// released was made by version 1 of this package under key a and must open as long
// as there are stored values. It says "secret".
const released = "v1.key-a.Kplp46ay5XxaUbenjcHeM3VD8633xD5BSxtUcC2QSsi4n_ozh3IeLWSVqNlxgvkV0JWPgp9i-Ax5pktw.FkX7AUeEFXbQS_8Nr6GHAMkiO_ErORQAx_8sTKRxrmU4SA"

func seal(t testing.TB, ring crypto.KeyWrapper, text string) string {
	t.Helper()
	value, err := crypto.NewEnvelope(ring).Seal(t.Context(), []byte(text), email)
	require.NoError(t, err)
	return value
}

func TestValuesRoundTripAndFitIntoText(t *testing.T) {
	envelope := crypto.NewEnvelope(keyring(t, "a", "a"))
	rapid.Check(t, func(rt *rapid.T) {
		field := crypto.Field{
			Table: rapid.String().Draw(rt, "table"), Column: rapid.String().Draw(rt, "column"), ID: rapid.String().Draw(rt, "id"),
		}
		want := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "plaintext")
		value, err := envelope.Seal(t.Context(), want, field)
		require.NoError(rt, err)
		require.Regexp(rt, `^v1\.key-a\.[A-Za-z0-9_-]{80}\.[A-Za-z0-9_-]{38,}$`, value)
		require.Len(rt, value, len("v1.key-a.")+80+len(".")+base64.RawURLEncoding.EncodedLen(28+len(want)))
		got, err := envelope.Open(t.Context(), value, field)
		require.NoError(rt, err)
		require.Equal(rt, string(want), string(got))
	})
}

func TestEqualValuesLookDifferent(t *testing.T) {
	ring := keyring(t, "a", "a")
	a, b := strings.Split(seal(t, ring, "x"), "."), strings.Split(seal(t, ring, "x"), ".")
	require.NotEqual(t, a[2], b[2], "each has a data key of its own")
	require.NotEqual(t, a[3], b[3])
}

// Somebody with access to the database copies a value to another place.
func TestAValueOpensOnlyWhereItWasSealed(t *testing.T) {
	ring := keyring(t, "a", "a")
	value := seal(t, ring, "x")
	for name, field := range map[string]crypto.Field{
		"row":      {Table: "profiles", Column: "email", ID: "8"},
		"column":   {Table: "profiles", Column: "phone", ID: "7"},
		"table":    {Table: "accounts", Column: "email", ID: "7"},
		"boundary": {Table: "profiles", Column: "emai", ID: "l7"},
		"empty":    {},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := crypto.NewEnvelope(ring).Open(t.Context(), value, field)
			require.ErrorIs(t, err, crypto.ErrNotAuthentic)
		})
	}
}

func TestNoTwoFieldsAreTheSame(t *testing.T) {
	envelope := crypto.NewEnvelope(keyring(t, "a", "a"))
	part := rapid.StringMatching(`[a-c\x00-\x03]{0,3}`)
	field := rapid.Custom(func(t *rapid.T) crypto.Field {
		return crypto.Field{Table: part.Draw(t, "table"), Column: part.Draw(t, "column"), ID: part.Draw(t, "id")}
	})
	rapid.Check(t, func(rt *rapid.T) {
		from, to := field.Draw(rt, "from"), field.Draw(rt, "to")
		value, err := envelope.Seal(t.Context(), nil, from)
		require.NoError(rt, err)
		_, err = envelope.Open(t.Context(), value, to)
		require.Equal(rt, from == to, err == nil)
	})
}

// Any other text than the one that Seal returned is refused.
func TestEveryChangedCharacterIsNoticed(t *testing.T) {
	ring := keyring(t, "a", "a", "b")
	envelope, value := crypto.NewEnvelope(ring), seal(t, ring, "secret")
	for i := range value {
		for _, replacement := range []string{"", "A", "b", ".", "\n", value[i:i+1] + "A"} {
			changed := value[:i] + replacement + value[i+1:]
			if changed == value {
				continue
			}
			_, err := envelope.Open(t.Context(), changed, email)
			require.Error(t, err, "%q at %d", replacement, i)
		}
	}
}

// A value under another data key, or another data key for a value, is no match.
func TestPartsOfValuesCannotBeCombined(t *testing.T) {
	ring := keyring(t, "a", "a", "b")
	a, b := strings.Split(seal(t, ring, "x"), "."), strings.Split(seal(t, ring, "y"), ".")
	for _, parts := range [][]string{{"v1", "key-a", a[2], b[3]}, {"v1", "key-b", a[2], a[3]}} {
		_, err := crypto.NewEnvelope(ring).Open(t.Context(), strings.Join(parts, "."), email)
		require.ErrorIs(t, err, crypto.ErrNotAuthentic)
	}
}

func TestMalformedValuesAreRefused(t *testing.T) {
	envelope := crypto.NewEnvelope(keyring(t, "b", "a", "b"))
	for name, text := range map[string]string{
		"empty":         "",
		"plaintext":     "alice@example.com",
		"other version": "v2.key-a.AAAA.AAAA",
		"no key":        "v1..AAAA.AAAA",
		"not base64":    "v1.key-a.A+A=.AAAA",
		"line break":    "v1.key-a.AAAA.AA\nAA",
		"stray bits":    "v1.key-a.AB.AAAA",
		"too long":      "v1.key-a.AAAA." + strings.Repeat("A", 3<<20),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := envelope.Open(t.Context(), text, email)
			require.ErrorIs(t, err, crypto.ErrMalformed)
			require.True(t, envelope.NeedsRotation(text))
			_, err = envelope.Rewrap(t.Context(), text)
			require.ErrorIs(t, err, crypto.ErrMalformed)
		})
	}
}

func TestSealBoundsTheSize(t *testing.T) {
	envelope := crypto.NewEnvelope(keyring(t, "a", "a"))
	value, err := envelope.Seal(t.Context(), make([]byte, crypto.MaxPlaintext), email)
	require.NoError(t, err)
	_, err = envelope.Open(t.Context(), value, email)
	require.NoError(t, err)
	_, err = envelope.Seal(t.Context(), make([]byte, crypto.MaxPlaintext+1), email)
	require.ErrorIs(t, err, crypto.ErrTooLong)
}

func TestKeysRotate(t *testing.T) {
	before, during, after := keyring(t, "a", "a"), keyring(t, "b", "a", "b"), keyring(t, "b", "b")
	value := seal(t, before, "secret")
	require.False(t, crypto.NewEnvelope(before).NeedsRotation(value))

	both := crypto.NewEnvelope(during)
	plaintext, err := both.Open(t.Context(), value, email)
	require.NoError(t, err, "old values stay readable")
	require.Equal(t, "secret", string(plaintext))
	require.True(t, both.NeedsRotation(value))

	rewrapped, err := both.Rewrap(t.Context(), value)
	require.NoError(t, err)
	require.False(t, both.NeedsRotation(rewrapped))
	require.NotContains(t, rewrapped, "key-a")

	plaintext, err = crypto.NewEnvelope(after).Open(t.Context(), rewrapped, email)
	require.NoError(t, err, "the old key is not needed any more")
	require.Equal(t, "secret", string(plaintext))
	_, err = crypto.NewEnvelope(after).Open(t.Context(), value, email)
	require.ErrorIs(t, err, crypto.ErrUnknownKey)
	require.ErrorContains(t, err, "key-a", "the error says which key is missing")
	_, err = crypto.NewEnvelope(after).Rewrap(t.Context(), value)
	require.ErrorIs(t, err, crypto.ErrUnknownKey)
}

func TestAnIDThatIsGivenToAnotherKeyIsNoticed(t *testing.T) {
	value := seal(t, keyring(t, "a", "a"), "x")
	impostor, err := crypto.NewKeyring("key-a", map[string][]byte{"key-a": key("z")})
	require.NoError(t, err)
	_, err = crypto.NewEnvelope(impostor).Open(t.Context(), value, email)
	require.ErrorIs(t, err, crypto.ErrNotAuthentic)
}

// service is a key management service that can be down.
type service struct {
	crypto.KeyWrapper

	down    error
	dataKey []byte
}

func (s *service) Wrap(ctx context.Context, dataKey []byte) (string, []byte, error) {
	if s.down != nil {
		return "", nil, s.down
	}
	return s.KeyWrapper.Wrap(ctx, dataKey)
}

func (s *service) Unwrap(ctx context.Context, keyID string, wrapped []byte) ([]byte, error) {
	if s.dataKey != nil {
		return s.dataKey, nil
	}
	return s.KeyWrapper.Unwrap(ctx, keyID, wrapped)
}

func TestErrorsOfTheKeyServiceComeThrough(t *testing.T) {
	kms := &service{KeyWrapper: keyring(t, "a", "a")}
	envelope, value := crypto.NewEnvelope(kms), seal(t, kms, "x")
	kms.down = errors.New("throttled")
	_, err := envelope.Seal(t.Context(), nil, email)
	require.ErrorIs(t, err, kms.down)
	_, err = envelope.Rewrap(t.Context(), value)
	require.ErrorIs(t, err, kms.down)
	kms.dataKey = []byte("short")
	_, err = envelope.Open(t.Context(), value, email)
	require.ErrorContains(t, err, "use data key")
}

func TestValuesOfEveryReleaseOpen(t *testing.T) {
	plaintext, err := crypto.NewEnvelope(keyring(t, "a", "a")).Open(t.Context(), released, email)
	require.NoError(t, err)
	require.Equal(t, "secret", string(plaintext))
}

// Open never panics, and opens nothing but what Seal made.
func FuzzOpen(f *testing.F) {
	envelope := crypto.NewEnvelope(keyring(f, "a", "a", "b"))
	for _, text := range []string{released, released[:len(released)-1], "v1.key-a..", "v1.key-b." + released[9:], "", "...."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := envelope.Open(t.Context(), text, email)
		require.Equal(t, text == released, err == nil)
	})
}
