package jwks_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
)

func ed25519Key() map[string]any {
	return map[string]any{"kid": "a", "kty": "OKP", "crv": "Ed25519", "x": encode(make([]byte, 32))}
}

func rsaKey(bits int) map[string]any {
	modulus := make([]byte, bits/8)
	modulus[0], modulus[len(modulus)-1] = 0x80, 1
	return map[string]any{"kid": "a", "kty": "RSA", "n": encode(modulus), "e": "AQAB"}
}

func ecKey(t *testing.T, curve elliptic.Curve) map[string]any {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	point, err := private.PublicKey.Bytes()
	require.NoError(t, err)
	half := len(point) / 2
	return map[string]any{
		"kid": "a", "kty": "EC", "crv": curve.Params().Name,
		"x": encode(point[1 : half+1]), "y": encode(point[half+1:]),
	}
}

// with returns key with some members changed; nil removes one.
func with(key, changes map[string]any) map[string]any {
	key = maps.Clone(key)
	maps.Copy(key, changes)
	maps.DeleteFunc(key, func(_ string, value any) bool { return value == nil })
	return key
}

func TestKeysOfEveryKindAreAccepted(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	tests := map[string]map[string]any{
		"Ed25519":     ed25519Key(),
		"P-256":       ecKey(t, elliptic.P256()),
		"P-384":       ecKey(t, elliptic.P384()),
		"P-521":       ecKey(t, elliptic.P521()),
		"RSA":         {"kid": "a", "kty": "RSA", "n": encode(private.N.Bytes()), "e": "AQAB"},
		"long RSA":    rsaKey(8192),
		"all members": with(ed25519Key(), map[string]any{"use": "sig", "alg": "EdDSA", "key_ops": []string{"verify"}, "x5t": "other"}),
	}
	cfg := config()
	cfg.Algorithms = auth.KnownAlgorithms()
	for name, key := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := run(t, cfg, authtest.KeySet(t, key))
				require.True(t, s.Loaded(), s.log)
			})
		})
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	p256 := ecKey(t, elliptic.P256())
	tests := map[string]struct {
		key  map[string]any
		want string
	}{
		"no id":              {with(ed25519Key(), map[string]any{"kid": nil}), "has no id"},
		"shared secret":      {map[string]any{"kid": "a", "kty": "oct", "k": "c2VjcmV0"}, "is secret but published"},
		"empty secret":       {map[string]any{"kid": "a", "kty": "oct"}, "unsupported type or curve"},
		"private":            {with(ed25519Key(), map[string]any{"d": encode(make([]byte, 32))}), "is secret but published"},
		"for encryption":     {with(ed25519Key(), map[string]any{"use": "enc"}), "is not for signatures"},
		"for signing":        {with(ed25519Key(), map[string]any{"key_ops": []string{"sign"}}), "is not for verification"},
		"for nothing":        {with(ed25519Key(), map[string]any{"key_ops": []string{}}), "is not for verification"},
		"alg of another":     {with(ed25519Key(), map[string]any{"alg": "RS256"}), "serves no allowed algorithm"},
		"alg is HMAC":        {with(rsaKey(2048), map[string]any{"alg": "HS256"}), "serves no allowed algorithm"},
		"alg not allowed":    {with(rsaKey(2048), map[string]any{"alg": "PS256"}), "serves no allowed algorithm"},
		"curve not allowed":  {ecKey(t, elliptic.P384()), "serves no allowed algorithm"},
		"unknown type":       {with(ed25519Key(), map[string]any{"kty": "AKP"}), "unsupported type or curve"},
		"for key agreement":  {with(ed25519Key(), map[string]any{"crv": "X25519"}), "unsupported type or curve"},
		"EC curve of OKP":    {with(p256, map[string]any{"kty": "OKP"}), "unsupported type or curve"},
		"weak curve":         {with(p256, map[string]any{"crv": "P-192"}), "unsupported type or curve"},
		"RSA with a curve":   {with(rsaKey(2048), map[string]any{"crv": "P-256"}), "unsupported type or curve"},
		"short Ed25519":      {with(ed25519Key(), map[string]any{"x": encode(make([]byte, 31))}), "must have 32 bytes"},
		"empty Ed25519":      {with(ed25519Key(), map[string]any{"x": nil}), "not base64url"},
		"padded":             {with(ed25519Key(), map[string]any{"x": encode(make([]byte, 32)) + "="}), "not base64url"},
		"spare bits set":     {with(ed25519Key(), map[string]any{"x": strings.Repeat("A", 42) + "B"}), "not base64url"},
		"short RSA":          {rsaKey(1024), "2048 to 8192 bits"},
		"endless RSA":        {rsaKey(16384), "2048 to 8192 bits"},
		"even modulus":       {with(rsaKey(2048), map[string]any{"n": encode(append([]byte{0x80}, make([]byte, 255)...))}), "odd modulus"},
		"small exponent":     {with(rsaKey(2048), map[string]any{"e": "Aw"}), "odd exponent"},
		"even exponent":      {with(rsaKey(2048), map[string]any{"e": "AQAC"}), "odd exponent"},
		"huge exponent":      {with(rsaKey(2048), map[string]any{"e": encode([]byte{1, 0, 0, 0, 0, 0, 0, 1, 0, 1})}), "odd exponent"},
		"no exponent":        {with(rsaKey(2048), map[string]any{"e": nil}), "not base64url"},
		"no y":               {with(p256, map[string]any{"y": nil}), "not base64url"},
		"short coordinate":   {with(p256, map[string]any{"y": encode(make([]byte, 31))}), "coordinates of 32 bytes"},
		"not on the curve":   {with(p256, map[string]any{"y": encode(make([]byte, 32))}), "not a point of its curve"},
		"point of infinity":  {with(p256, map[string]any{"x": encode(make([]byte, 32)), "y": encode(make([]byte, 32))}), "not a point of its curve"},
		"member of no sense": {with(ed25519Key(), map[string]any{"x": 1}), "not a JSON Web Key"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := run(t, config(), authtest.KeySet(t, tc.key))
				require.False(t, s.Loaded())
				require.Contains(t, s.log.String(), tc.want)

				// Beside a good key it is left out, and said so.
				s = run(t, config(), authtest.KeySet(t, tc.key, with(ed25519Key(), map[string]any{"kid": "good"})))
				require.True(t, s.Loaded())
				require.InDelta(t, 1, s.value(t, "auth_jwks_keys"), 0)
				require.Contains(t, s.log.String(), "some ignored")
				require.Contains(t, s.log.String(), tc.want)
			})
		})
	}
}

func TestOfTwoKeysWithOneIDTheFirstCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := run(t, config(), authtest.KeySet(t, ed25519Key(), rsaKey(2048)))
		require.True(t, s.Loaded())
		require.Contains(t, s.log.String(), "its id is taken")
		require.InDelta(t, 1, s.value(t, "auth_jwks_keys"), 0)
	})
}

// No document makes the refresh panic, and none that was refused leaves keys.
func TestDocumentsOfAnyKind(t *testing.T) {
	text := rapid.OneOf(rapid.SampledFrom([]string{
		"", "RSA", "EC", "OKP", "oct", "P-256", "P-521", "Ed25519", "sig", "EdDSA", "AQAB", "AA", encode(make([]byte, 32)),
	}), rapid.String())
	member := rapid.SampledFrom([]string{"kid", "kty", "use", "alg", "crv", "n", "e", "x", "y", "d", "k"})
	rapid.Check(t, func(rt *rapid.T) {
		body, err := json.Marshal(map[string]any{"keys": rapid.SliceOfN(rapid.MapOf(member, text), 0, 4).Draw(rt, "keys")})
		require.NoError(rt, err)
		synctest.Test(t, func(t *testing.T) {
			s := run(t, config(), authtest.Document{Status: http.StatusOK, Body: string(body)})
			require.Equal(t, s.Loaded(), s.value(t, "auth_jwks_keys") > 0)
		})
	})
}
