package crypto_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/crypto"
)

// weakest is the least work that Validate accepts, to keep tests fast.
func weakest() crypto.PasswordConfig {
	return crypto.PasswordConfig{MemoryKiB: 7168, Iterations: 5, Parallelism: 1, MaxConcurrent: 2, MaxLength: 64}
}

func passwords(t testing.TB, cfg crypto.PasswordConfig) *crypto.Passwords {
	t.Helper()
	p, err := crypto.NewPasswords(cfg)
	require.NoError(t, err)
	return p
}

func TestPasswordsVerify(t *testing.T) {
	p := passwords(t, weakest())
	stored, err := p.Hash(t.Context(), "correct horse")
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=7168,t=5,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, stored)
	for password, want := range map[string]bool{
		"correct horse": true, "correct horsf": false, "": false, "correct horse ": false, strings.Repeat("x", 65): false,
	} {
		ok, err := p.Verify(t.Context(), password, stored)
		require.NoError(t, err)
		require.Equal(t, want, ok, "%q", password)
	}
	again, err := p.Hash(t.Context(), "correct horse")
	require.NoError(t, err)
	require.NotEqual(t, stored, again, "each hash has a salt of its own")
}

func TestKeyboardsMayEncodeCharactersDifferently(t *testing.T) {
	p := passwords(t, weakest())
	stored, err := p.Hash(t.Context(), "caf\u00e9")
	require.NoError(t, err)
	ok, err := p.Verify(t.Context(), "cafe\u0301", stored)
	require.NoError(t, err)
	require.True(t, ok)
}

// The hash of the reference implementation, made by
// printf password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 -e, is understood.
func TestHashesOfOthersVerify(t *testing.T) {
	const foreign = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	p := passwords(t, weakest())
	ok, err := p.Verify(t.Context(), "password", foreign)
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, p.NeedsRehash(foreign))
}

func TestStrongerParametersDemandARehash(t *testing.T) {
	stored, err := passwords(t, weakest()).Hash(t.Context(), "x")
	require.NoError(t, err)
	require.False(t, passwords(t, weakest()).NeedsRehash(stored))
	stronger := passwords(t, crypto.DefaultPasswordConfig())
	require.True(t, stronger.NeedsRehash(stored))
	ok, err := stronger.Verify(t.Context(), "x", stored)
	require.NoError(t, err)
	require.True(t, ok, "the old hash is still good")
	require.True(t, stronger.NeedsRehash("plain text"))
}

func TestPasswordsAreBounded(t *testing.T) {
	p := passwords(t, weakest())
	_, err := p.Hash(t.Context(), strings.Repeat("x", 65))
	require.ErrorIs(t, err, crypto.ErrPasswordTooLong)
	require.Equal(t, apierror.Invalid, apierror.From(err).Kind)
	require.NoError(t, p.VerifyNobody(t.Context(), strings.Repeat("x", 65)))
	require.NoError(t, p.VerifyNobody(t.Context(), "x"))
}

// While all slots are taken, others wait, and leave when their request ends.
func TestHashesInTheMakingAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := passwords(t, weakest())
		stored, err := p.Hash(t.Context(), "x")
		require.NoError(t, err)
		release := p.Occupy()
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		go func() { _, err := p.Hash(ctx, "x"); errs <- err }()
		go func() { _, err := p.Verify(ctx, "x", stored); errs <- err }()
		go func() { errs <- p.VerifyNobody(ctx, "x") }()
		synctest.Wait()
		require.Empty(t, errs)
		cancel()
		for range cap(errs) {
			require.ErrorIs(t, <-errs, context.Canceled)
		}
		release()
		_, err = p.Hash(t.Context(), "x")
		require.NoError(t, err)
	})
}

func TestPasswordConfigRefusals(t *testing.T) {
	require.NoError(t, crypto.DefaultPasswordConfig().Validate())
	tests := map[string]struct {
		change func(c *crypto.PasswordConfig)
		want   string
	}{
		"little memory": {func(c *crypto.PasswordConfig) { c.MemoryKiB = 7167 }, "memory_kib"},
		"little work":   {func(c *crypto.PasswordConfig) { c.Iterations = 4 }, "35840"},
		"much memory":   {func(c *crypto.PasswordConfig) { c.MemoryKiB = 1 << 20 }, "argon2id takes"},
		"no lane":       {func(c *crypto.PasswordConfig) { c.Parallelism = 0 }, "argon2id takes"},
		"none at all":   {func(c *crypto.PasswordConfig) { c.MaxConcurrent = 0 }, "max_concurrent"},
		"short":         {func(c *crypto.PasswordConfig) { c.MaxLength = 63 }, "max_length"},
		"endless":       {func(c *crypto.PasswordConfig) { c.MaxLength = 1 << 20 }, "max_length"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := weakest()
			tc.change(&cfg)
			_, err := crypto.NewPasswords(cfg)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestStoredHashesAreBounded(t *testing.T) {
	p, good := passwords(t, weakest()), "$c29tZXNhbHQ$"+base64.RawStdEncoding.EncodeToString(make([]byte, 32))
	for name, stored := range map[string]string{
		"empty":          "",
		"other function": "$argon2i$v=19$m=65536,t=2,p=1" + good,
		"other version":  "$argon2id$v=16$m=65536,t=2,p=1" + good,
		"all memory":     "$argon2id$v=19$m=4194304,t=2,p=1" + good,
		"no pass":        "$argon2id$v=19$m=65536,t=0,p=1" + good,
		"no lane":        "$argon2id$v=19$m=65536,t=1,p=0" + good,
		"many lanes":     "$argon2id$v=19$m=65536,t=1,p=256" + good,
		"other spelling": "$argon2id$v=19$m=065536,t=2,p=1" + good,
		"short hash":     "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$AAAA",
		"bad salt":       "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ=$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"long":           "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 256),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Verify(t.Context(), "x", stored)
			require.ErrorIs(t, err, crypto.ErrMalformed)
		})
	}
}

// Every record that can be made is read back, and nothing else is accepted.
func TestRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := crypto.FormatRecord(
			rapid.Uint32Range(128, 256<<10).Draw(t, "memory"), rapid.Uint32Range(1, 16).Draw(t, "time"),
			uint8(rapid.IntRange(1, 16).Draw(t, "threads")),
			rapid.SliceOfN(rapid.Byte(), 8, 64).Draw(t, "salt"), rapid.SliceOfN(rapid.Byte(), 8, 64).Draw(t, "hash"),
		)
		again, err := crypto.Reformat(text)
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}

func TestTheAlgorithmIsThatOfTheLibrary(t *testing.T) {
	p := passwords(t, weakest())
	salt := []byte("somesaltsomesalt")
	stored := crypto.FormatRecord(7168, 5, 1, salt, argon2.IDKey([]byte("x"), salt, 5, 7168, 1, 32))
	ok, err := p.Verify(t.Context(), "x", stored)
	require.NoError(t, err)
	require.True(t, ok)
	require.False(t, p.NeedsRehash(stored))
}
