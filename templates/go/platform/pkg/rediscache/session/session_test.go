package session_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/rediscache/session"
	"goldpath.local/service/pkg/testkit"
)

func config() session.Config {
	return session.Config{
		IdleTimeout: time.Minute, AbsoluteTimeout: time.Hour, MaxPerSubject: 3, MaxDataBytes: 64,
	}
}

func newSessions(t *testing.T, r redistest.Redis, cfg session.Config) *session.Store {
	t.Helper()
	sessions, err := session.NewStore(r.Client, cfg)
	require.NoError(t, err)
	return sessions
}

func create(t *testing.T, sessions *session.Store, subject string) string {
	t.Helper()
	token, _, err := sessions.Create(t.Context(), subject, []byte("data of "+subject))
	require.NoError(t, err)
	return token
}

func TestSessionConfigNamesEveryMistake(t *testing.T) {
	require.NoError(t, config().Validate())
	cfg := session.Config{IdleTimeout: time.Hour, AbsoluteTimeout: time.Minute, MaxDataBytes: -1}
	for _, part := range []string{"idle_timeout", "max_per_subject", "max_data_bytes"} {
		require.ErrorContains(t, cfg.Validate(), part)
	}
	_, err := session.NewStore(nil, cfg)
	require.Error(t, err)
}

func TestATokenOpensItsSession(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		sessions := newSessions(t, r, config())
		token, made, err := sessions.Create(t.Context(), "ada", []byte("\x00data"))
		require.NoError(t, err)
		require.Equal(t, "ada", made.Subject)
		require.Equal(t, time.Hour, made.EndsAt.Sub(made.CreatedAt))
		require.WithinDuration(t, time.Now(), made.CreatedAt, time.Minute)
		for _, read := range []func(context.Context, string) (session.Session, error){sessions.Get, sessions.Touch} {
			got, err := read(t.Context(), token)
			require.NoError(t, err)
			require.Equal(t, made, got)
		}
		secret, err := base64.RawURLEncoding.DecodeString(token)
		require.NoError(t, err)
		require.Len(t, secret, 32)

		for _, key := range r.Client.Keys(t.Context(), "*").Val() {
			require.NotContains(t, key, token, "the token is not stored")
			if strings.HasPrefix(key, "session:") {
				require.NotContains(t, r.Client.HGetAll(t.Context(), key).String(), token)
				require.Positive(t, r.Client.PTTL(t.Context(), key).Val(), "nothing is kept for ever")
			}
		}
	})
}

func TestOtherTokensOpenNothing(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		sessions := newSessions(t, r, config())
		token := create(t, sessions, "ada")
		for _, other := range []string{"", "x", token + "x", strings.Repeat("A", len(token)), strings.ToLower(token)} {
			_, err := sessions.Get(t.Context(), other)
			require.ErrorIs(t, err, session.ErrEnded)
			require.NoError(t, sessions.Revoke(t.Context(), other))
		}
		require.Equal(t, apierror.Unauthenticated, session.ErrEnded.Kind)
	})
}

func TestSessionsEndWhenTheyAreNotUsed(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cfg := config()
		cfg.IdleTimeout = 100 * time.Millisecond
		sessions := newSessions(t, r, cfg)
		token := create(t, sessions, "ada")
		eventuallyEnds(t, r, func() error { _, err := sessions.Get(t.Context(), token); return err })
	})
}

func TestUseProlongsASessionUpToItsEnd(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cfg := config()
		cfg.IdleTimeout, cfg.AbsoluteTimeout = 300*time.Millisecond, 600*time.Millisecond
		sessions := newSessions(t, r, cfg)
		token, made, err := sessions.Create(t.Context(), "ada", nil)
		require.NoError(t, err)
		var last time.Time
		eventuallyEnds(t, r, func() error {
			now := r.Client.Time(t.Context()).Val()
			_, err := sessions.Touch(t.Context(), token)
			if err == nil {
				last = now
			}
			return err
		})
		require.Greater(t, last.Sub(made.CreatedAt), cfg.IdleTimeout, "use has prolonged it")
		require.LessOrEqual(t, last, made.EndsAt, "but not for ever")
	})
}

func eventuallyEnds(t *testing.T, r redistest.Redis, use func() error) {
	t.Helper()
	testkit.Eventually(t, waitLimit, func() error {
		r.Advance(100 * time.Millisecond)
		switch err := use(); {
		case err == nil:
			return errors.New("the session still lives")
		case errors.Is(err, session.ErrEnded):
			return nil
		default:
			return err
		}
	})
}

func TestRevokedSessionsAreGoneAtOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		sessions := newSessions(t, r, config())
		phone, laptop, tablet, other := create(t, sessions, "ada"), create(t, sessions, "ada"), create(t, sessions, "ada"), create(t, sessions, "bob")
		require.NoError(t, sessions.Revoke(t.Context(), phone))
		require.NoError(t, sessions.Revoke(t.Context(), phone), "again is no error")
		_, err := sessions.Get(t.Context(), phone)
		require.ErrorIs(t, err, session.ErrEnded)

		revoked, err := sessions.RevokeAll(t.Context(), "ada")
		require.NoError(t, err)
		require.Equal(t, 2, revoked)
		for _, token := range []string{laptop, tablet} {
			_, err := sessions.Touch(t.Context(), token)
			require.ErrorIs(t, err, session.ErrEnded)
		}
		_, err = sessions.Get(t.Context(), other)
		require.NoError(t, err)
		revoked, err = sessions.RevokeAll(t.Context(), "ada")
		require.NoError(t, err)
		require.Zero(t, revoked)
		require.Empty(t, r.Client.Keys(t.Context(), "sessions:ada").Val())
	})
}

func TestTooManySessionsEndTheOldest(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		sessions := newSessions(t, r, config())
		var tokens []string
		for range 5 {
			// Sessions of one millisecond have no order.
			testkit.Eventually(t, waitLimit, nextMillisecond(t, r))
			tokens = append(tokens, create(t, sessions, "ada"))
		}
		for i, token := range tokens {
			_, err := sessions.Get(t.Context(), token)
			require.Equal(t, i < 2, errors.Is(err, session.ErrEnded), "session %d", i)
		}
	})
}

func nextMillisecond(t *testing.T, r redistest.Redis) func() error {
	t.Helper()
	begin := r.Client.Time(t.Context()).Val().UnixMilli()
	return func() error {
		r.Advance(time.Millisecond)
		if r.Client.Time(t.Context()).Val().UnixMilli() == begin {
			return errors.New("still the same millisecond")
		}
		return nil
	}
}

func TestTheIndexForgetsSessionsThatHaveEnded(t *testing.T) {
	fake := redistest.Fake(t)
	cfg := config()
	cfg.MaxPerSubject = 10
	sessions := newSessions(t, fake, cfg)
	for range 5 {
		create(t, sessions, "ada")
		fake.Advance(25 * time.Minute)
	}
	require.EqualValues(t, 3, fake.Client.ZCard(t.Context(), "sessions:ada").Val())
	fake.Advance(time.Hour)
	require.Empty(t, fake.Fake.Keys())
}

func TestSignInsAtTheSameTimeCanAllBeRevoked(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cfg := config()
		cfg.MaxPerSubject = 100
		sessions := newSessions(t, r, cfg)
		tokens := make([]string, 20)
		var wg sync.WaitGroup
		for i := range tokens {
			wg.Go(func() { tokens[i] = create(t, sessions, "ada") })
		}
		wg.Go(func() {
			if _, err := sessions.RevokeAll(t.Context(), "ada"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		_, err := sessions.RevokeAll(t.Context(), "ada")
		require.NoError(t, err)
		for _, token := range tokens {
			_, err := sessions.Get(t.Context(), token)
			require.ErrorIs(t, err, session.ErrEnded)
		}
	})
}

func TestSessionsReportWhatIsWrong(t *testing.T) {
	fake := redistest.Fake(t)
	sessions := newSessions(t, fake, config())
	for _, subject := range []string{"", strings.Repeat("x", 257)} {
		_, _, err := sessions.Create(t.Context(), subject, nil)
		require.ErrorContains(t, err, "bad size")
	}
	_, _, err := sessions.Create(t.Context(), "ada", make([]byte, 65))
	require.ErrorContains(t, err, "bad size")

	token := create(t, sessions, "ada")
	fake.Fake.SetError("LOADING Redis is loading the dataset in memory")
	_, _, err = sessions.Create(t.Context(), "ada", nil)
	require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
	_, err = sessions.Get(t.Context(), token)
	require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
	require.Equal(t, apierror.Unavailable, apierror.From(sessions.Revoke(t.Context(), token)).Kind)
	_, err = sessions.RevokeAll(t.Context(), "ada")
	require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
}

// Sessions agree with a model: a token opens its own session until it is revoked, and
// a subject has the newest of its sessions up to the bound.
func TestSessionsFollowTheirModel(t *testing.T) {
	r := redistest.Fake(t)
	rapid.Check(t, func(rt *rapid.T) {
		cfg := config()
		sessions := newSessions(t, r, cfg)
		subjects := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{12}`), 2, 2, rapid.ID).Draw(rt, "subjects")
		open := map[string][]string{} // tokens by subject, the oldest first
		var ended []string
		subject := rapid.SampledFrom(subjects)
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				who := subject.Draw(rt, "subject")
				r.Advance(time.Millisecond) // sessions of one moment have no order
				open[who] = append(open[who], create(t, sessions, who))
				if len(open[who]) > cfg.MaxPerSubject {
					ended, open[who] = append(ended, open[who][0]), open[who][1:]
				}
			},
			"revoke all": func(rt *rapid.T) {
				who := subject.Draw(rt, "subject")
				count, err := sessions.RevokeAll(t.Context(), who)
				require.NoError(rt, err)
				require.Len(rt, open[who], count)
				ended, open[who] = append(ended, open[who]...), nil
			},
			"read": func(rt *rapid.T) {
				for who, tokens := range open {
					for _, token := range tokens {
						got, err := sessions.Get(t.Context(), token)
						require.NoError(rt, err)
						require.Equal(rt, who, got.Subject)
					}
				}
				for _, token := range ended[max(0, len(ended)-2):] {
					_, err := sessions.Get(t.Context(), token)
					require.ErrorIs(rt, err, session.ErrEnded)
				}
			},
		})
	})
}
