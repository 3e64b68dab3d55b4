package streams_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlserver/streams"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func bounds() streams.Config {
	return streams.Config{
		Max: 3, MaxConnections: 2, MaxPerConnection: 2, MaxPerCaller: 2, MaxMessageBytes: 100,
		InitTimeout: time.Second, KeepAlive: time.Second, WriteTimeout: time.Second,
		AllowedOrigins: []string{"https://app.example.com", "http://localhost:3000"},
	}
}

func TestMistakesInBoundsAreNamed(t *testing.T) {
	require.NoError(t, bounds().Validate())
	tests := map[string]func(*streams.Config){
		"numbers and sizes in graphql.streams": func(c *streams.Config) { c.Max, c.MaxMessageBytes = 0, -1 },
		"durations in graphql.streams":         func(c *streams.Config) { c.WriteTimeout = 0 },
		"graphql.streams.allowed_origins":      func(c *streams.Config) { c.AllowedOrigins = []string{"*"} },
	}
	all := bounds()
	for want, spoil := range tests {
		cfg := bounds()
		spoil(&cfg)
		require.ErrorContains(t, cfg.Validate(), want)
		spoil(&all)
	}
	for want := range tests {
		require.ErrorContains(t, all.Validate(), want, "all at once")
	}
	for _, origin := range []string{"app.example.com", "https://app.example.com/", "https://a@app.example.com", "https://[", "https://"} {
		cfg := streams.Config{AllowedOrigins: []string{origin}}
		require.ErrorContains(t, cfg.Validate(), "allowed_origins", origin)
	}
}

func newMembers(limit int) (*streams.Members, prometheus.Gauge) {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "members"})
	return streams.NewMembers(limit, 1, gauge), gauge
}

func requireReason(t *testing.T, err error, reason string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, reason, apierror.From(err).Reason)
	require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
}

func TestMembersAreBounded(t *testing.T) {
	members, gauge := newMembers(2)
	stay := func(error) {}
	member, err := members.Join(stay)
	require.NoError(t, err)
	_, err = members.Join(stay)
	require.NoError(t, err)
	_, err = members.Join(stay)
	requireReason(t, err, "TOO_MANY_STREAMS")
	require.InDelta(t, 2, testutil.ToFloat64(gauge), 0)
	member.Leave()
	require.InDelta(t, 1, testutil.ToFloat64(gauge), 0)
	_, err = members.Join(stay)
	require.NoError(t, err)
}

func TestMembersOfOneCallerAreBounded(t *testing.T) {
	members, _ := newMembers(5)
	join := func() *streams.Member {
		member, err := members.Join(func(error) {})
		require.NoError(t, err)
		return member
	}
	first, second, nobody := join(), join(), join()
	require.NoError(t, first.Claim("ada"))
	requireReason(t, second.Claim("ada"), "TOO_MANY_STREAMS_OF_CALLER")
	require.NoError(t, join().Claim("bob"))
	require.NoError(t, nobody.Claim(""))
	require.NoError(t, join().Claim(""))
	second.Leave() // it has none of the places of ada
	third := join()
	requireReason(t, third.Claim("ada"), "TOO_MANY_STREAMS_OF_CALLER")
	first.Leave()
	require.NoError(t, third.Claim("ada"))
}

func TestDismissWaitsUntilAllHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		members, gauge := newMembers(2)
		for range 2 {
			ctx, leave := context.WithCancelCause(t.Context())
			member, err := members.Join(leave)
			require.NoError(t, err)
			go func() {
				<-ctx.Done()
				if errors.Is(context.Cause(ctx), streams.ErrStopping) {
					member.Leave()
				}
			}()
		}
		require.NoError(t, members.Dismiss(t.Context(), streams.ErrStopping))
		require.Zero(t, testutil.ToFloat64(gauge))
		_, err := members.Join(func(error) {})
		requireReason(t, err, "SERVER_STOPPING")
	})
}

func TestDismissDoesNotWaitForEver(t *testing.T) {
	members, _ := newMembers(1)
	member, err := members.Join(func(error) {})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, members.Dismiss(ctx, streams.ErrStopping), context.Canceled)
	member.Leave()

	nobody, _ := newMembers(1)
	require.NoError(t, nobody.Dismiss(t.Context(), streams.ErrStopping))
}

// deadlines is an answer that notes the deadlines it is given.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write time.Time
	err         error
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }

func (d *deadlines) Write(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	return d.ResponseRecorder.Write(p)
}

// The deadlines of the server are for requests. A stream has none to be read by,
// and a new one for every message.
func TestEventsMoveTheDeadlinesOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder(), read: time.Now()}
		events := streams.NewEventWriter(w, time.Minute)
		require.Zero(t, w.read)
		for range 2 {
			require.NoError(t, events.Send(":\n\n"))
			require.Equal(t, time.Now().Add(time.Minute), w.write)
			time.Sleep(time.Second)
		}
		require.True(t, w.Flushed)
		require.Equal(t, ":\n\n:\n\n", w.Body.String())
		require.Equal(t, http.Header{
			"Content-Type": {streams.TypeEvents}, "Cache-Control": {"no-cache"}, "X-Accel-Buffering": {"no"},
		}, w.Header())
		w.err = errors.New("gone")
		require.ErrorIs(t, events.Send(":\n\n"), w.err)
	})
}

// Members agree with a model that counts: nobody is let in beyond a bound, and
// nobody is kept out below it.
func TestMembersKeepTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit, perCaller := rapid.IntRange(1, 5).Draw(t, "limit"), rapid.IntRange(1, 3).Draw(t, "per caller")
		members := streams.NewMembers(limit, perCaller, prometheus.NewGauge(prometheus.GaugeOpts{Name: "members"}))
		present, held := map[*streams.Member]string{}, map[string]int{}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				member, err := members.Join(func(error) {})
				require.Equal(t, len(present) < limit, err == nil)
				if err != nil {
					return
				}
				caller := rapid.SampledFrom([]string{"", "ada", "bob"}).Draw(t, "caller")
				if err := member.Claim(caller); err != nil {
					require.GreaterOrEqual(t, held[caller], perCaller)
					member.Leave()
					return
				}
				present[member] = caller
				held[caller]++
				require.True(t, caller == "" || held[caller] <= perCaller)
			},
			"leave": func(*rapid.T) {
				for member, caller := range present {
					member.Leave()
					delete(present, member)
					held[caller]--
					return
				}
			},
		})
	})
}
