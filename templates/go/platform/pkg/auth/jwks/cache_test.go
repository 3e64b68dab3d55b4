package jwks_test

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

	"goldpath.local/service/pkg/auth/authtest"
	"goldpath.local/service/pkg/auth/jwks"
)

// What an issuer calls the keys that it makes, in their order.
const first, second, unknown = "EdDSA-1", "EdDSA-2", "other"

// trust returns a configuration for the keys of issuer.
func trust(issuer *authtest.Issuer) jwks.Config {
	cfg := config()
	cfg.URL = issuer.Config().JWKSURL
	return cfg
}

func TestKeysAreFetchedAtStartAndAtEveryInterval(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, trust(issuer), issuer)
		require.Equal(t, 1, issuer.Fetches())
		require.True(t, s.Loaded())
		require.InDelta(t, 1, s.value(t, "auth_jwks_keys"), 0)

		pass(14 * time.Minute)
		require.InDelta(t, 840, s.value(t, "auth_jwks_age_seconds"), 0)
		pass(2 * time.Minute)
		require.Equal(t, 2, issuer.Fetches())
		require.InDelta(t, 60, s.value(t, "auth_jwks_age_seconds"), 0)
		require.Equal(t, 1, strings.Count(s.log.String(), "signing keys refreshed"), "logged when it changes only")
	})
}

func TestAnIssuerThatIsDownAtStartIsTriedAgain(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	issuer.Fail(http.StatusServiceUnavailable)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, trust(issuer), issuer)
		require.False(t, s.Loaded())
		require.InDelta(t, math.Inf(1), s.value(t, "auth_jwks_age_seconds"), 0)
		require.InDelta(t, 0, s.value(t, "auth_jwks_keys"), 0)

		_, err := s.Find(t.Context(), first)
		require.ErrorIs(t, err, jwks.ErrNoKeys)
		synctest.Wait()
		require.Equal(t, 2, issuer.Fetches(), "the token caused a fetch")

		pass(time.Hour)
		require.Equal(t, 2+5+58, issuer.Fetches(), "the pauses grow from two seconds to a minute")
		require.Equal(t, 1, strings.Count(s.log.String(), "status 503"))

		issuer.Recover()
		pass(time.Minute)
		_, err = s.Find(t.Context(), first)
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
			s := create(trust(issuer), issuer)
			_, err := s.Find(t.Context(), first)
			require.ErrorIs(t, err, jwks.ErrNoKeys)

			s.start(t)
			synctest.Wait()
			require.True(t, s.Loaded())
			require.Equal(t, before+1, issuer.Fetches())
		})
	}
}

func TestRotationWithOverlapMissesNoKey(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, trust(issuer), issuer)
		issuer.Rotate()

		begin := time.Now()
		for _, id := range []string{second, first} {
			_, err := s.Find(t.Context(), id)
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(begin))
		require.Equal(t, 2, issuer.Fetches())

		issuer.Retire()
		pass(config().RefreshInterval)
		_, err := s.Find(t.Context(), second)
		require.NoError(t, err)
		_, err = s.Find(t.Context(), first)
		require.ErrorIs(t, err, jwks.ErrUnknownKey, "a key that was withdrawn is no longer accepted")
	})
}

func TestAFloodOfUnknownKeysCausesOneFetchPerInterval(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, trust(issuer), issuer)
		flood := func() {
			var requests sync.WaitGroup
			for i := range 200 {
				requests.Go(func() {
					if _, err := s.Find(t.Context(), fmt.Sprint("forged-", i)); err == nil {
						t.Error("found")
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

		pass(config().UnknownKeyInterval)
		flood()
		require.Equal(t, 3, issuer.Fetches())
	})
}

func TestAnIssuerThatHangsHoldsUpNobodyForLong(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, trust(issuer), issuer)
		took := func(id string) time.Duration {
			begin := time.Now()
			_, err := s.Find(t.Context(), id)
			require.Equal(t, id == first, err == nil)
			return time.Since(begin)
		}
		issuer.Hang()
		require.Equal(t, config().UnknownKeyWait, took(unknown), "the first waits briefly")
		require.Zero(t, took(unknown), "the next do not, while the same fetch hangs")
		require.Zero(t, took(first))

		pass(10 * time.Hour)
		require.Zero(t, took(first), "the old keys stay in force")
		require.True(t, s.Loaded())
		require.Positive(t, s.value(t, "auth_jwks_refreshes_total", "unreachable"))
		require.Greater(t, s.value(t, "auth_jwks_age_seconds"), 9*time.Hour.Seconds())
	})
}

func TestAnEndedRequestStopsWaiting(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		s := run(t, trust(issuer), issuer)
		issuer.Hang()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := s.Find(ctx, unknown)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAnswersThatAreRefusedLeaveTheKeysInForce(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	many := make([]map[string]any, config().MaxKeys+1)
	for i := range many {
		many[i] = ed25519Key()
	}
	tests := map[string]struct {
		answer authtest.Document
		want   string
	}{
		"redirect":        {authtest.Document{Status: http.StatusFound, Body: ""}, "status 302"},
		"error":           {authtest.Document{Status: http.StatusInternalServerError, Body: ""}, "status 500"},
		"too large":       {authtest.Document{Status: http.StatusOK, Body: strings.Repeat(" ", 64<<10) + "{}"}, "more than 65536 bytes"},
		"too many keys":   {authtest.KeySet(t, many...), "33 keys are more than the 32 allowed"},
		"not JSON":        {authtest.Document{Status: http.StatusOK, Body: "<html>"}, "not a JSON Web Key Set"},
		"two documents":   {authtest.Document{Status: http.StatusOK, Body: `{"keys":[]}{}`}, "not a JSON Web Key Set"},
		"no keys":         {authtest.Document{Status: http.StatusOK, Body: `{}`}, "no usable key"},
		"keys of no kind": {authtest.Document{Status: http.StatusOK, Body: `{"keys":[1]}`}, "not a JSON Web Key"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &switching{next: issuer}
				s := run(t, trust(issuer), transport)
				transport.set(tc.answer)
				pass(config().RefreshInterval)

				require.InDelta(t, 1, s.value(t, "auth_jwks_refreshes_total", "invalid"), 0)
				require.Contains(t, s.log.String(), tc.want)
				_, err := s.Find(t.Context(), first)
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

// Without a transport of its own the cache fetches over the network.
func TestKeysComeOverTheNetwork(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	s := create(trust(issuer), nil)
	s.start(t)
	require.Eventually(t, s.Loaded, 10*time.Second, time.Millisecond)
	_, err := s.Find(t.Context(), first)
	require.NoError(t, err)
}

func TestMetricNamesFollowTheConventions(t *testing.T) {
	problems, err := testutil.GatherAndLint(create(config(), nil).registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}
