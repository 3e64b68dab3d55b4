// Package idempotencytest holds what every idempotency.Store must do, as tests.
package idempotencytest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/testkit"
)

const (
	// long is a time that does not pass during a test, short is one that soon does.
	long  = time.Hour
	short = 50 * time.Millisecond

	waitLimit = 10 * time.Second
)

// Instance is a store under test.
type Instance struct {
	// Store is the store.
	Store idempotency.Store
	// Advance lets time pass where it does not by itself; nil where it does.
	Advance func(d time.Duration)
}

func (i Instance) advance(d time.Duration) {
	if i.Advance != nil {
		i.Advance(d)
	}
}

// Run runs all tests on the store that open returns.
func Run(t *testing.T, open func(t *testing.T) Instance) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Instance){
		"the first answer is repeated":                     repeats,
		"an abandoned key is free":                         abandons,
		"a lease ends":                                     leases,
		"a late answer counts while nobody has taken over": late,
		"an answer is forgotten":                           forgets,
		"one of many begins":                               competes,
		"it does what the model does":                      models,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func claim(id, fingerprint, owner string) idempotency.Claim {
	return idempotency.Claim{ID: strings.Repeat(id, 64), Fingerprint: fingerprint, Owner: owner}
}

func response(body string) idempotency.Response {
	return idempotency.Response{
		Status: 201, Header: map[string][]string{"Location": {"/orders/1"}}, Body: []byte("\x00" + body),
	}
}

func (i Instance) begin(t require.TestingT, c idempotency.Claim, lease time.Duration) idempotency.Found {
	found, err := i.Store.Begin(context.Background(), c, lease)
	require.NoError(t, err)
	return found
}

func (i Instance) complete(t require.TestingT, c idempotency.Claim, r idempotency.Response) {
	require.NoError(t, i.Store.Complete(context.Background(), c, r, long))
}

func repeats(t *testing.T, i Instance) {
	first, second, different := claim("1", "f", "a"), claim("1", "f", "b"), claim("1", "g", "b")
	require.Equal(t, idempotency.Found{Outcome: idempotency.New}, i.begin(t, first, long))
	require.Equal(t, idempotency.New, i.begin(t, first, long).Outcome, "the same attempt again")
	busy := i.begin(t, second, long)
	require.Equal(t, idempotency.InProgress, busy.Outcome)
	require.InDelta(t, long, busy.RetryAfter, float64(time.Minute))
	require.Equal(t, idempotency.Found{Outcome: idempotency.Mismatch}, i.begin(t, different, long))
	require.Equal(t, idempotency.New, i.begin(t, claim("2", "f", "b"), long).Outcome, "another key")

	i.complete(t, first, response("answer"))
	i.complete(t, first, response("answer"))
	require.ErrorIs(t, i.Store.Complete(t.Context(), second, response("other"), long), idempotency.ErrLost)
	require.NoError(t, i.Store.Abandon(t.Context(), first), "what is completed stays")
	want := idempotency.Found{Outcome: idempotency.Replay, Response: response("answer")}
	require.Equal(t, want, i.begin(t, second, long))
	require.Equal(t, want, i.begin(t, first, long))
	require.Equal(t, idempotency.Found{Outcome: idempotency.Mismatch}, i.begin(t, different, long))
}

func abandons(t *testing.T, i Instance) {
	first, second := claim("1", "f", "a"), claim("1", "g", "b")
	i.begin(t, first, long)
	require.NoError(t, i.Store.Abandon(t.Context(), second), "who does not have it cannot give it back")
	require.Equal(t, idempotency.Mismatch, i.begin(t, second, long).Outcome)
	require.NoError(t, i.Store.Abandon(t.Context(), first))
	require.Equal(t, idempotency.New, i.begin(t, second, long).Outcome)
}

// eventuallyNew begins until the key is free.
func (i Instance) eventuallyNew(t *testing.T, c idempotency.Claim) {
	t.Helper()
	testkit.Eventually(t, waitLimit, func() error {
		i.advance(short)
		if outcome := i.begin(t, c, long).Outcome; outcome != idempotency.New {
			return errors.New("still " + outcome.String())
		}
		return nil
	})
}

func leases(t *testing.T, i Instance) {
	killed, next := claim("1", "f", "a"), claim("1", "f", "b")
	i.begin(t, killed, short)
	i.eventuallyNew(t, next)
	require.ErrorIs(t, i.Store.Complete(t.Context(), killed, response("old"), long), idempotency.ErrLost)
	require.NoError(t, i.Store.Abandon(t.Context(), killed))
	i.complete(t, next, response("new"))
	require.Equal(t, response("new"), i.begin(t, killed, long).Response)
}

func late(t *testing.T, i Instance) {
	slow := claim("1", "f", "a")
	i.begin(t, slow, time.Millisecond)
	probe := claim("2", "f", "a")
	i.begin(t, probe, short)
	i.eventuallyNew(t, claim("2", "f", "b")) // by now the shorter lease is over too
	i.complete(t, slow, response("late"))
	require.Equal(t, response("late"), i.begin(t, claim("1", "f", "b"), long).Response)
}

func forgets(t *testing.T, i Instance) {
	first := claim("1", "f", "a")
	i.begin(t, first, long)
	require.NoError(t, i.Store.Complete(t.Context(), first, response("answer"), short))
	i.eventuallyNew(t, claim("1", "g", "b"))
	require.Equal(t, idempotency.InProgress, i.begin(t, claim("1", "g", "c"), long).Outcome, "the old answer is gone")
}

func competes(t *testing.T, i Instance) {
	const attempts = 30
	var (
		wg    sync.WaitGroup
		begun atomic.Int64
	)
	for n := range attempts {
		wg.Go(func() {
			found, err := i.Store.Begin(t.Context(), claim("1", "f", fmt.Sprintf("owner%d", n)), long)
			switch {
			case err != nil:
				t.Error(err)
			case found.Outcome == idempotency.New:
				begun.Add(1)
			case found.Outcome != idempotency.InProgress:
				t.Errorf("outcome %s", found.Outcome)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, begun.Load())
}
