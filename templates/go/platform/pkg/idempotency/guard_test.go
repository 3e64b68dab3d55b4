package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/idempotency"
)

func valid() idempotency.Config {
	return idempotency.Config{Lease: time.Minute, Retention: 24 * time.Hour, MaxBodyBytes: 16, StoreTimeout: time.Second}
}

func newGuard(t testing.TB, store idempotency.Store) *idempotency.Guard {
	t.Helper()
	guard, err := idempotency.NewGuard(store, valid())
	require.NoError(t, err)
	return guard
}

func begin(t testing.TB, guard *idempotency.Guard, scope, key, content string) idempotency.Attempt {
	t.Helper()
	attempt, err := guard.Begin(t.Context(), scope, key, idempotency.Fingerprint([]byte(content)))
	require.NoError(t, err)
	return attempt
}

func TestConfigNamesEveryMistake(t *testing.T) {
	require.NoError(t, valid().Validate())
	bad := idempotency.Config{MaxBodyBytes: -1}
	require.ErrorContains(t, bad.Validate(), "lease")
	require.ErrorContains(t, bad.Validate(), "max_body_bytes")
	_, err := idempotency.NewGuard(newMemory(t, 1), bad)
	require.Error(t, err)
}

func TestAKeyDoesItsWorkOnce(t *testing.T) {
	guard := newGuard(t, newMemory(t, 10))
	first := begin(t, guard, "ada", "k1", "buy 1")
	require.Equal(t, idempotency.New, first.Outcome)
	require.NoError(t, first.Err())

	busy := begin(t, guard, "ada", "k1", "buy 1")
	require.Equal(t, idempotency.InProgress, busy.Outcome)
	require.Positive(t, busy.RetryAfter)
	require.Equal(t, apierror.Conflict, apierror.From(busy.Err()).Kind)

	require.NoError(t, guard.Finish(t.Context(), first, idempotency.Response{Status: 201, Body: []byte("order 1")}, nil))
	again := begin(t, guard, "ada", "k1", "buy 1")
	require.Equal(t, idempotency.Replay, again.Outcome)
	require.Equal(t, idempotency.Response{Status: 201, Body: []byte("order 1")}, again.Response)
	require.NoError(t, again.Err())

	different := begin(t, guard, "ada", "k1", "buy 2")
	require.Equal(t, idempotency.Mismatch, different.Outcome)
	require.Equal(t, apierror.Invalid, apierror.From(different.Err()).Kind)
}

func TestKeysBelongToTheirScope(t *testing.T) {
	guard := newGuard(t, newMemory(t, 10))
	for _, pair := range [][2]string{{"ada", "k1"}, {"bob", "k1"}, {"adak", "1"}} {
		require.Equal(t, idempotency.New, begin(t, guard, pair[0], pair[1], "").Outcome, pair)
	}
	for _, pair := range [][2]string{{"", "k1"}, {"ada", ""}} {
		_, err := guard.Begin(t.Context(), pair[0], pair[1], "")
		require.ErrorContains(t, err, "scope")
	}
}

func TestOnlyFinalAnswersAreRepeated(t *testing.T) {
	for status, want := range map[int]idempotency.Outcome{
		200: idempotency.Replay, 201: idempotency.Replay, 404: idempotency.Replay, 422: idempotency.Replay,
		408: idempotency.New, 425: idempotency.New, 429: idempotency.New,
		500: idempotency.InProgress, 503: idempotency.InProgress, 504: idempotency.InProgress,
	} {
		guard := newGuard(t, newMemory(t, 10))
		attempt := begin(t, guard, "ada", "k1", "")
		require.NoError(t, guard.Finish(t.Context(), attempt, idempotency.Response{Status: status}, errors.New("broken")))
		require.Equal(t, want, begin(t, guard, "ada", "k1", "").Outcome, status)
	}
}

// unsent is a failure before anything was done, if it says so.
type unsent bool

func (unsent) Error() string       { return "not sent" }
func (u unsent) SafeToRetry() bool { return bool(u) }

func TestAKeyIsGivenBackWhereNothingWasDone(t *testing.T) {
	for failure, want := range map[error]idempotency.Outcome{
		unsent(true): idempotency.New, unsent(false): idempotency.InProgress,
		apierror.New(apierror.Unavailable, "DOWN", "down").WithCause(unsent(true)): idempotency.New,
	} {
		guard := newGuard(t, newMemory(t, 10))
		attempt := begin(t, guard, "ada", "k1", "")
		require.NoError(t, guard.Finish(t.Context(), attempt, idempotency.Response{Status: 503}, failure))
		require.Equal(t, want, begin(t, guard, "ada", "k1", "").Outcome, failure)
	}
}

func TestWhatIsStoredIsBounded(t *testing.T) {
	guard := newGuard(t, newMemory(t, 10))
	body := []byte(strings.Repeat("x", valid().MaxBodyBytes))
	response := idempotency.Response{
		Status: 201,
		Header: map[string][]string{
			"Content-Type": {"text/plain"}, "location": {"/orders/1"}, "Etag": {strings.Repeat("x", 3<<10)},
			"Set-Cookie": {"session=secret"}, "Date": {"today"},
		},
	}
	kept := map[string][]string{"Content-Type": {"text/plain"}, "location": {"/orders/1"}}
	for key, tc := range map[string]struct {
		body []byte
		want idempotency.Response
	}{
		"fits":  {body, idempotency.Response{Status: 201, Header: kept, Body: body}},
		"large": {append(body, 'x'), idempotency.Response{Status: 201, Header: kept, BodyOmitted: true}},
	} {
		response.Body = tc.body
		require.NoError(t, guard.Complete(t.Context(), begin(t, guard, "ada", key, ""), response))
		require.Equal(t, tc.want, begin(t, guard, "ada", key, "").Response)
	}
}

func TestAnAttemptEndsThoughItsCallerIsGone(t *testing.T) {
	store := &failing{Store: newMemory(t, 10)}
	guard := newGuard(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	completed, abandoned := begin(t, guard, "ada", "k1", ""), begin(t, guard, "ada", "k2", "")
	cancel()
	require.NoError(t, guard.Complete(ctx, completed, idempotency.Response{Status: 201}))
	require.NoError(t, guard.Abandon(ctx, abandoned))
	_, err := guard.Begin(ctx, "ada", "k3", "")
	require.ErrorIs(t, err, context.Canceled)
}

func TestFailuresOfTheStoreAreReported(t *testing.T) {
	store := &failing{Store: newMemory(t, 10)}
	guard := newGuard(t, store)
	attempt := begin(t, guard, "ada", "k1", "")
	store.err = errors.New("connection refused")
	_, err := guard.Begin(t.Context(), "ada", "k1", "")
	require.ErrorIs(t, err, store.err)
	require.ErrorIs(t, guard.Complete(t.Context(), attempt, idempotency.Response{}), store.err)
	require.ErrorIs(t, guard.Abandon(t.Context(), attempt), store.err)
}

func TestTheAnswerCanGoToAnotherStore(t *testing.T) {
	first, second := newMemory(t, 10), newMemory(t, 10)
	guard := newGuard(t, first)
	require.NoError(t, guard.On(second).Complete(t.Context(), begin(t, guard, "ada", "k1", ""), idempotency.Response{Status: 201}))
	require.Equal(t, idempotency.InProgress, begin(t, guard, "ada", "k1", "").Outcome)
	require.Equal(t, idempotency.Replay, begin(t, guard.On(second), "ada", "k1", "").Outcome)
}

// failing is a store that fails when told, and notices contexts that have ended.
type failing struct {
	idempotency.Store
	err error
}

func (f *failing) Begin(ctx context.Context, c idempotency.Claim, lease time.Duration) (idempotency.Found, error) {
	if err := errors.Join(ctx.Err(), f.err); err != nil {
		return idempotency.Found{}, err
	}
	return f.Store.Begin(ctx, c, lease)
}

func (f *failing) Complete(ctx context.Context, c idempotency.Claim, r idempotency.Response, retention time.Duration) error {
	if err := errors.Join(ctx.Err(), f.err); err != nil {
		return err
	}
	return f.Store.Complete(ctx, c, r, retention)
}

func (f *failing) Abandon(ctx context.Context, c idempotency.Claim) error {
	if err := errors.Join(ctx.Err(), f.err); err != nil {
		return err
	}
	return f.Store.Abandon(ctx, c)
}

func TestOutcomesHaveNames(t *testing.T) {
	names := map[idempotency.Outcome]string{
		idempotency.New: "new", idempotency.InProgress: "in-progress",
		idempotency.Replay: "replay", idempotency.Mismatch: "mismatch", 0: "outcome(0)", 5: "outcome(5)",
	}
	for outcome, want := range names {
		require.Equal(t, want, outcome.String())
	}
}
