package auth_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth"
)

func TestBearerToken(t *testing.T) {
	tests := map[string]struct {
		header, want string
		err          error
	}{
		"token":          {"Bearer abc.DEF-1_2~3+4/5==", "abc.DEF-1_2~3+4/5==", nil},
		"any case":       {"bEARER abc", "abc", nil},
		"several spaces": {"Bearer   abc", "abc", nil},
		"no header":      {"", "", auth.ErrTokenMissing},
		"other scheme":   {"Basic dTpw", "", auth.ErrTokenMissing},
		"scheme glued":   {"Bearerabc", "", auth.ErrTokenMissing},
		"space before":   {" Bearer abc", "", auth.ErrTokenMissing},
		"tab":            {"Bearer\tabc", "", auth.ErrTokenMissing},
		"scheme only":    {"Bearer", "", auth.ErrTokenInvalid},
		"no token":       {"Bearer ", "", auth.ErrTokenInvalid},
		"two tokens":     {"Bearer abc def", "", auth.ErrTokenInvalid},
		"a list":         {"Bearer abc, Bearer def", "", auth.ErrTokenInvalid},
		"space after":    {"Bearer abc ", "", auth.ErrTokenInvalid},
		"padding only":   {"Bearer ==", "", auth.ErrTokenInvalid},
		"padding inside": {"Bearer a=b", "", auth.ErrTokenInvalid},
		"line break":     {"Bearer abc\r\nX: y", "", auth.ErrTokenInvalid},
		"other alphabet": {"Bearer äbc", "", auth.ErrTokenInvalid},
		"not UTF-8":      {"Bearer abc\xff", "", auth.ErrTokenInvalid},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := auth.BearerToken(tc.header)
			require.Equal(t, tc.want, got)
			require.ErrorIs(t, err, tc.err)
		})
	}
}

func TestBearerTokenReturnsWhatFollowsTheScheme(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.StringMatching(`[A-Za-z0-9._~+/-]{1,200}={0,2}`).Draw(t, "token")
		got, err := auth.BearerToken("Bearer " + token)
		require.NoError(t, err)
		require.Equal(t, token, got)
	})
}

func TestChallenge(t *testing.T) {
	denied := apierror.New(apierror.PermissionDenied, "PERMISSION_DENIED", "no")
	tests := map[string]struct {
		realm string
		err   error
		want  string
	}{
		"nothing shown": {"orders", auth.ErrTokenMissing, `Bearer realm="orders"`},
		"expired":       {"orders", auth.ErrTokenExpired, `Bearer realm="orders", error="invalid_token", error_description="the token has expired"`},
		"denied":        {"orders", denied, `Bearer realm="orders", error="insufficient_scope"`},
		"quotes":        {"a\"b\\c\r\nd", auth.ErrTokenMissing, `Bearer realm="abcd"`},
		"no keys":       {"orders", auth.ErrKeysUnavailable, ""},
		"foreign error": {"orders", errors.New("disk full"), ""},
		"no error":      {"orders", nil, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, auth.Challenge(tc.realm, tc.err))
		})
	}
}
