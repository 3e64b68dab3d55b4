package apierror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
)

// Every error that may be sent arrives as the same error on the other side.
func TestErrorSurvivesTheWire(t *testing.T) {
	field := rapid.Custom(func(t *rapid.T) apierror.Field {
		return apierror.Field{Field: rapid.String().Draw(t, "field"), Message: rapid.String().Draw(t, "message")}
	})
	rapid.Check(t, func(t *rapid.T) {
		sent := apierror.New(
			rapid.SampledFrom(apierror.Kinds()).Draw(t, "kind"),
			rapid.StringMatching(`[A-Z][A-Z_]{0,30}`).Draw(t, "reason"),
			rapid.String().Draw(t, "message"),
		).WithFields(rapid.SliceOfN(field, 1, 4).Draw(t, "fields")...)
		for name, value := range rapid.MapOf(rapid.StringMatching(`[a-z_]{1,9}`), rapid.String()).Draw(t, "meta") {
			sent = sent.WithMeta(name, value)
		}

		body, err := json.Marshal(sent.ToProblem())
		require.NoError(t, err)
		var problem apierror.Problem
		require.NoError(t, json.Unmarshal(body, &problem))

		require.Equal(t, sent, apierror.FromProblem(problem))
	})
}

func TestKindsMapOneToOneToStatuses(t *testing.T) {
	seen := map[int]apierror.Kind{}
	for _, kind := range apierror.Kinds() {
		status := kind.HTTPStatus()
		require.NotContains(t, seen, status, "%s shares its status with %s", kind, seen[status])
		require.NotEmpty(t, http.StatusText(status))
		require.Equal(t, kind, apierror.KindOfStatus(status))
		seen[status] = kind
	}
}

func TestUnknownKindsAndStatusesFallBack(t *testing.T) {
	var none apierror.Kind
	require.Equal(t, http.StatusInternalServerError, none.HTTPStatus())
	require.Equal(t, "kind(0)", none.String())
	require.Equal(t, apierror.Invalid, apierror.KindOfStatus(http.StatusTeapot))
	require.Equal(t, apierror.Internal, apierror.KindOfStatus(http.StatusBadGateway))
	require.Equal(t, apierror.Internal, apierror.KindOfStatus(http.StatusOK))
}

func TestIsMatchesKindAndReason(t *testing.T) {
	sentinel := apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "task not found")
	wrapped := fmt.Errorf("load task: %w", sentinel.WithCause(errors.New("no rows")))

	require.ErrorIs(t, wrapped, sentinel)
	require.NotErrorIs(t, wrapped, apierror.New(apierror.NotFound, "USER_NOT_FOUND", ""))
	require.NotErrorIs(t, wrapped, apierror.New(apierror.Conflict, "TASK_NOT_FOUND", ""))
	require.NotErrorIs(t, sentinel, errors.New("TASK_NOT_FOUND"))
}

func TestFromClassifiesForeignErrors(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7: connection refused")
	known := apierror.Newf(apierror.Conflict, "TASK_DONE", "task %d is done", 7)
	tests := map[string]struct {
		err  error
		kind apierror.Kind
	}{
		"known":    {fmt.Errorf("complete: %w", known), apierror.Conflict},
		"deadline": {fmt.Errorf("query: %w", context.DeadlineExceeded), apierror.Timeout},
		"canceled": {fmt.Errorf("query: %w", context.Canceled), apierror.Unavailable},
		"foreign":  {secret, apierror.Internal},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := apierror.From(tc.err)
			require.Equal(t, tc.kind, got.Kind)
			require.NotContains(t, got.ToProblem().Detail, "10.0.0.7")
		})
	}
	require.Nil(t, apierror.From(nil))
	require.ErrorIs(t, apierror.From(secret), secret)
}

func TestErrorTextHoldsTheCauseForLogs(t *testing.T) {
	e := apierror.New(apierror.Internal, "INTERNAL", "internal error")
	require.EqualError(t, e, "INTERNAL: internal error")
	require.EqualError(t, e.WithCause(errors.New("disk full")), "INTERNAL: internal error: disk full")
	require.EqualError(t, e.WithFields(apierror.Field{Field: "title", Message: "is too long"}),
		"INTERNAL: internal error; title is too long")
	require.NoError(t, e.Unwrap(), "WithCause must not change the original")
}

func TestWithMetaDoesNotChangeTheOriginal(t *testing.T) {
	full := apierror.New(apierror.RateLimited, "QUOTA", "too many").WithMeta("limit", "10")
	require.Equal(t, map[string]string{"limit": "10", "used": "11"}, full.WithMeta("used", "11").Meta)
	require.Equal(t, map[string]string{"limit": "10"}, full.Meta)
}

func TestRetryAfterIsRoundedUpToSeconds(t *testing.T) {
	busy := apierror.New(apierror.Unavailable, "BUSY", "busy")
	tests := map[time.Duration]int{-time.Second: 0, 0: 0, time.Millisecond: 1, time.Second: 1, 1001 * time.Millisecond: 2}
	for after, want := range tests {
		require.Equal(t, want, busy.WithRetryAfter(after).RetryAfterSeconds(), after)
	}
	require.Zero(t, busy.RetryAfter, "WithRetryAfter must not change the original")
	require.ErrorIs(t, busy.WithRetryAfter(time.Second), busy)
}
