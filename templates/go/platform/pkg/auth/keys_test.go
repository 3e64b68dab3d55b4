package auth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestWithoutKeysNoTokenIsJudged(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	issuer.Fail(http.StatusServiceUnavailable)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, issuer.Config(), issuer)
		require.ErrorContains(t, s.Ready(t.Context()), "no signing keys yet")
		_, err := s.Verify(t.Context(), issuer.Token())
		require.ErrorIs(t, err, auth.ErrKeysUnavailable)
		require.InDelta(t, 1, s.value(t, "auth_tokens_refused_total", "no_keys"), 0)

		issuer.Recover()
		pass(time.Minute)
		require.NoError(t, s.Ready(t.Context()))
		_, err = s.Verify(t.Context(), issuer.Token())
		require.NoError(t, err)
	})
}

func TestAnEndedRequestIsNoRefusal(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, issuer.Config(), issuer)
		issuer.Hang()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := s.Verify(ctx, issuer.Token(authtest.Header("kid", "other")))
		require.Equal(t, apierror.Timeout, apierror.From(err).Kind)
		require.InDelta(t, 0, s.value(t, "auth_tokens_refused_total", "unknown_key"), 0)
	})
}

func TestStopEndsAFetchThatHangs(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	issuer.Hang()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		verifier, err := auth.New(issuer.Config(), newRegistry(), discard(), auth.WithTransport(issuer))
		require.NoError(t, err)
		component := verifier.Component(func(err error) { t.Error(err) })
		require.NoError(t, component.Start(t.Context()))
		synctest.Wait()
		require.NoError(t, component.Stop(t.Context()))
		require.Zero(t, time.Since(begin))
	})
}

// Over a real network, with everything at once.
func TestVerifyIsSafeWhileKeysRotate(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	verifier := issuer.Verifier(t)
	token := issuer.Token()
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 50 {
				if _, err := verifier.Verify(t.Context(), token); err != nil {
					t.Error(err)
				}
				if _, err := verifier.Verify(t.Context(), issuer.Token(authtest.Header("kid", "x"))); err == nil {
					t.Error("accepted")
				}
			}
		})
	}
	issuer.Rotate()
	callers.Wait()
}

func TestMetricNamesFollowTheConventions(t *testing.T) {
	registry := newRegistry()
	_, err := auth.New(trusting(), registry, discard())
	require.NoError(t, err)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestATokenIsVerifiedOnceUntilItEnds(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		cfg := issuer.Config()
		cfg.Leeway = 10 * time.Second
		s := run(t, cfg, issuer)
		token := issuer.Token(authtest.Roles("reader"), authtest.ExpiresIn(time.Minute))
		for range 3 {
			caller, err := s.Verify(t.Context(), token)
			require.NoError(t, err)
			require.Equal(t, []string{"reader"}, caller.Roles)
			caller.Roles[0] = "admin" // nobody else sees it
		}
		require.InDelta(t, 2, s.value(t, "auth_token_cache_hits_total"), 0)

		pass(time.Minute + cfg.Leeway - time.Millisecond)
		_, err := s.Verify(t.Context(), token)
		require.NoError(t, err)
		pass(time.Millisecond)
		_, err = s.Verify(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrTokenExpired)
	})
}

func TestAnAcceptedTokenIsRefusedOnceItsKeyIsWithdrawn(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		cfg := issuer.Config()
		s := run(t, cfg, issuer)
		token := issuer.Token(authtest.ExpiresIn(24 * time.Hour))
		for range 2 {
			_, err := s.Verify(t.Context(), token)
			require.NoError(t, err)
		}
		issuer.Rotate()
		issuer.Retire()
		pass(cfg.RefreshInterval)
		_, err := s.Verify(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrTokenInvalid)
		require.InDelta(t, 1, s.value(t, "auth_tokens_refused_total", "unknown_key"), 0)
	})
}
