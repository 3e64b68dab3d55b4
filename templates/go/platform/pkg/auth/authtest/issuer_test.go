package authtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// published returns the status of the issuer's answer and the ids in it.
func published(ctx context.Context, issuer *authtest.Issuer) (status int, ids []string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer.Config().JWKSURL, nil)
	if err != nil {
		return 0, nil, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	if res.StatusCode == http.StatusOK {
		err = json.NewDecoder(res.Body).Decode(&set)
	}
	for _, key := range set.Keys {
		ids = append(ids, key.ID)
	}
	return res.StatusCode, ids, err
}

func TestIssuerRotatesAndRetires(t *testing.T) {
	issuer := authtest.NewIssuer(t, "ES256")
	for _, step := range []struct {
		change func()
		want   []string
	}{
		{func() {}, []string{"ES256-1"}},
		{issuer.Rotate, []string{"ES256-1", "ES256-2"}},
		{issuer.Retire, []string{"ES256-2"}},
	} {
		step.change()
		status, ids, err := published(t.Context(), issuer)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, step.want, ids)
	}
	require.Equal(t, 3, issuer.Fetches())
}

func TestIssuerHangsFailsAndRecovers(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	issuer.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := published(ctx, issuer)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	issuer.Fail(http.StatusTeapot)
	status, _, err := published(t.Context(), issuer)
	require.NoError(t, err)
	require.Equal(t, http.StatusTeapot, status)

	issuer.Recover()
	_, ids, err := published(t.Context(), issuer)
	require.NoError(t, err)
	require.Equal(t, []string{"EdDSA-1"}, ids)
}

func TestIssuerServesNothingElse(t *testing.T) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://issuer/other", nil)
	require.NoError(t, err)
	res, err := authtest.NewIssuer(t).RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusNotFound, res.StatusCode)
}

func TestVerifierFollowsTheIssuer(t *testing.T) {
	issuer := authtest.NewIssuer(t, "EdDSA", "ES256", "RS256")
	verifier := issuer.Verifier(t)
	issuer.Rotate()
	for _, algorithm := range []string{"EdDSA", "ES256", "RS256"} {
		_, err := verifier.Verify(t.Context(), issuer.Token(authtest.Algorithm(algorithm)))
		require.NoError(t, err)
	}
	_, err := verifier.Verify(t.Context(), issuer.Token(authtest.ExpiresIn(-time.Minute)))
	require.ErrorIs(t, err, auth.ErrTokenExpired)
}

func TestOptionsChangeTheToken(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	text := issuer.Token(authtest.Subject("ada"), authtest.Roles("reader"), authtest.Scopes("a b"),
		authtest.Claim("aud", nil), authtest.Claim("tenant", 7), authtest.Header("typ", nil), authtest.Header("x", "y"))

	claims := jwt.MapClaims{}
	token, _, err := jwt.NewParser().ParseUnverified(text, claims)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"alg": "EdDSA", "kid": "EdDSA-1", "x": "y"}, token.Header)
	require.Equal(t, "ada", claims["sub"])
	require.Equal(t, []any{"reader"}, claims["roles"])
	require.Equal(t, "a b", claims["scope"])
	require.InDelta(t, 7, claims["tenant"], 0)
	require.NotContains(t, claims, "aud")
}

// failing is a test that notes its failure and goes on.
type failing struct {
	testing.TB

	messages strings.Builder
}

func (f *failing) Helper() {}

func (f *failing) Errorf(format string, args ...any) { fmt.Fprintf(&f.messages, format, args...) }

func (f *failing) Fatalf(format string, args ...any) { f.Errorf(format, args...) }

func (f *failing) FailNow() {}

func TestUnknownAlgorithmsFailTheTest(t *testing.T) {
	tb := &failing{TB: t}
	issuer := authtest.NewIssuer(tb, "HS256")
	require.Contains(t, tb.messages.String(), `no keys for "HS256"`)

	tb.messages.Reset()
	issuer.Token(authtest.Algorithm("ES256"))
	require.Contains(t, tb.messages.String(), `no key for "ES256"`)
}
