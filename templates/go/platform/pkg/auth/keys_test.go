package auth_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
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

func TestKeysAreFetchedAtStartAndAtEveryInterval(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, issuer.Config(), issuer)
		require.Equal(t, 1, issuer.Fetches())
		require.NoError(t, s.Ready(t.Context()))
		require.InDelta(t, 1, s.value(t, "auth_jwks_keys", ""), 0)

		pass(14 * time.Minute)
		require.InDelta(t, 840, s.value(t, "auth_jwks_age_seconds", ""), 0)
		pass(2 * time.Minute)
		require.Equal(t, 2, issuer.Fetches())
		require.InDelta(t, 60, s.value(t, "auth_jwks_age_seconds", ""), 0)
		require.Equal(t, 1, strings.Count(s.log.String(), "signing keys refreshed"), "logged when it changes only")
	})
}

func TestAnIssuerThatIsDownAtStartIsTriedAgain(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	issuer.Fail(http.StatusServiceUnavailable)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, issuer.Config(), issuer)
		require.ErrorContains(t, s.Ready(t.Context()), "no signing keys yet")
		require.InDelta(t, math.Inf(1), s.value(t, "auth_jwks_age_seconds", ""), 0)
		require.InDelta(t, 0, s.value(t, "auth_jwks_keys", ""), 0)

		_, err := s.Verify(t.Context(), issuer.Token())
		require.ErrorIs(t, err, auth.ErrKeysUnavailable)
		synctest.Wait()
		require.Equal(t, 2, issuer.Fetches(), "the token caused a fetch")

		pass(time.Hour)
		require.Equal(t, 2+5+58, issuer.Fetches(), "the pauses grow from two seconds to a minute")
		require.Equal(t, 1, strings.Count(s.log.String(), "status 503"))

		issuer.Recover()
		pass(time.Minute)
		require.NoError(t, s.Ready(t.Context()))
		_, err = s.Verify(t.Context(), issuer.Token())
		require.NoError(t, err)
		require.Contains(t, s.log.String(), "signing keys refreshed")
	})
}

// A token that comes before the loop runs asks for the fetch that start makes anyway.
func TestTokensBeforeTheStartCauseNoSecondFetch(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	for range 16 { // either may be first
		before := issuer.Fetches()
		synctest.Test(t, func(t *testing.T) {
			verifier, err := auth.New(issuer.Config(), newRegistry(), discard(), auth.WithTransport(issuer))
			require.NoError(t, err)
			_, err = verifier.Verify(t.Context(), issuer.Token())
			require.ErrorIs(t, err, auth.ErrKeysUnavailable)

			authtest.Run(t, verifier)
			synctest.Wait()
			require.NoError(t, verifier.Ready(t.Context()))
			require.Equal(t, before+1, issuer.Fetches())
		})
	}
}

func TestRotationWithOverlapRefusesNobody(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, issuer.Config(), issuer)
		before := issuer.Token(authtest.ExpiresIn(time.Hour))
		issuer.Rotate()
		after := issuer.Token(authtest.ExpiresIn(time.Hour))

		begin := time.Now()
		for _, token := range []string{after, before} {
			_, err := s.Verify(t.Context(), token)
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(begin))
		require.Equal(t, 2, issuer.Fetches())

		issuer.Retire()
		pass(issuer.Config().RefreshInterval)
		_, err := s.Verify(t.Context(), after)
		require.NoError(t, err)
		_, err = s.Verify(t.Context(), before)
		require.ErrorIs(t, err, auth.ErrTokenInvalid, "a key that was withdrawn is no longer accepted")
	})
}

func TestAFloodOfUnknownKeysCausesOneFetchPerInterval(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, issuer.Config(), issuer)
		forged := make([]string, 200)
		for i := range forged {
			forged[i] = issuer.Token(authtest.Header("kid", fmt.Sprint("forged-", i)))
		}
		flood := func() {
			var requests sync.WaitGroup
			for _, token := range forged {
				requests.Go(func() {
					if _, err := s.Verify(t.Context(), token); err == nil {
						t.Error("accepted")
					}
				})
			}
			requests.Wait()
		}
		begin := time.Now()
		for range 5 {
			flood()
		}
		require.Zero(t, time.Since(begin), "nobody waits once the issuer was asked")
		require.Equal(t, 2, issuer.Fetches())

		pass(issuer.Config().UnknownKeyInterval)
		flood()
		require.Equal(t, 3, issuer.Fetches())
		require.InDelta(t, 1200, s.value(t, "auth_tokens_refused_total", "unknown_key"), 0)
	})
}

func TestAnIssuerThatHangsHoldsUpNobodyForLong(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	cfg := issuer.Config()
	synctest.Test(t, func(t *testing.T) {
		s := run(t, cfg, issuer)
		known := issuer.Token(authtest.ExpiresIn(12 * time.Hour))
		unknown := issuer.Token(authtest.Header("kid", "other"), authtest.ExpiresIn(12*time.Hour))
		took := func(token string) time.Duration {
			begin := time.Now()
			_, err := s.Verify(t.Context(), token)
			require.Equal(t, token == known, err == nil)
			return time.Since(begin)
		}
		issuer.Hang()
		require.Equal(t, cfg.UnknownKeyWait, took(unknown), "the first waits briefly")
		require.Zero(t, took(unknown), "the next do not, while the same fetch hangs")
		require.Zero(t, took(known))

		pass(10 * time.Hour)
		require.Zero(t, took(known), "the old keys stay in force")
		require.NoError(t, s.Ready(t.Context()))
		require.Positive(t, s.value(t, "auth_jwks_refreshes_total", "unreachable"))
		require.Greater(t, s.value(t, "auth_jwks_age_seconds", ""), 9*time.Hour.Seconds())
	})
}

func TestAnEndedRequestStopsWaiting(t *testing.T) {
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

func TestAnswersThatAreRefusedLeaveTheKeysInForce(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	good := map[string]any{"kid": "a", "kty": "OKP", "crv": "Ed25519", "x": encode(make([]byte, 32))}
	many := make([]map[string]any, issuer.Config().MaxKeys+1)
	for i := range many {
		many[i] = good
	}
	tests := map[string]struct {
		answer document
		want   string
	}{
		"redirect":        {document{http.StatusFound, ""}, "status 302"},
		"error":           {document{http.StatusInternalServerError, ""}, "status 500"},
		"too large":       {document{http.StatusOK, strings.Repeat(" ", 64<<10) + "{}"}, "more than 65536 bytes"},
		"too many keys":   {keys(t, many...), "33 keys are more than the 32 allowed"},
		"not JSON":        {document{http.StatusOK, "<html>"}, "not a JSON Web Key Set"},
		"two documents":   {document{http.StatusOK, `{"keys":[]}{}`}, "not a JSON Web Key Set"},
		"no keys":         {document{http.StatusOK, `{}`}, "no usable key"},
		"keys of no kind": {document{http.StatusOK, `{"keys":[1]}`}, "not a JSON Web Key"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &switching{next: issuer}
				s := run(t, issuer.Config(), transport)
				transport.set(tc.answer)
				pass(issuer.Config().RefreshInterval)

				require.InDelta(t, 1, s.value(t, "auth_jwks_refreshes_total", "invalid"), 0)
				require.Contains(t, s.log.String(), tc.want)
				_, err := s.Verify(t.Context(), issuer.Token())
				require.NoError(t, err)
			})
		})
	}
}

// switching is a transport whose answers a test can change.
type switching struct {
	mu   sync.Mutex
	next http.RoundTripper
}

func (s *switching) set(next http.RoundTripper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
}

func (s *switching) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	next := s.next
	s.mu.Unlock()
	return next.RoundTrip(r)
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
