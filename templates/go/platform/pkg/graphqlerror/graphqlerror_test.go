package graphqlerror_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlerror"
)

// overTheWire is what the error is on the other side.
func overTheWire(t require.TestingT, e *gqlerror.Error) *gqlerror.Error {
	sent, err := json.Marshal(e)
	require.NoError(t, err)
	var received gqlerror.Error
	require.NoError(t, json.Unmarshal(sent, &received))
	return &received
}

// Every error that may be sent arrives as the same error on the other side.
func TestErrorsSurviveTheWire(t *testing.T) {
	field := rapid.Custom(func(t *rapid.T) apierror.Field {
		return apierror.Field{Field: rapid.String().Draw(t, "field"), Message: rapid.String().Draw(t, "message")}
	})
	rapid.Check(t, func(t *rapid.T) {
		sent := apierror.New(
			rapid.SampledFrom(apierror.Kinds()).Draw(t, "kind"),
			rapid.StringMatching(`[A-Z][A-Z_]{0,30}`).Draw(t, "reason"),
			rapid.String().Draw(t, "message"),
		).WithRetryAfter(time.Duration(rapid.IntRange(0, 1000).Draw(t, "after")) * time.Second)
		if fields := rapid.SliceOfN(field, 0, 4).Draw(t, "fields"); len(fields) > 0 {
			sent = sent.WithFields(fields...)
		}
		for name, value := range rapid.MapOf(rapid.StringMatching(`[a-z_]{1,9}`), rapid.String()).Draw(t, "meta") {
			sent = sent.WithMeta(name, value)
		}
		wrapped := fmt.Errorf("use case: %w", sent.WithCause(errors.New("a secret")))

		e := graphqlerror.FromError(wrapped)
		require.NotContains(t, e.Error(), "a secret")
		require.Equal(t, sent, graphqlerror.ToError(overTheWire(t, e)))
	})
}

func TestKindsMapOneToOneToCodes(t *testing.T) {
	seen := map[string]apierror.Kind{}
	for _, kind := range apierror.Kinds() {
		code := graphqlerror.Code(kind)
		require.NotContains(t, seen, code, "%s shares its code with %s", kind, seen[code])
		require.Equal(t, kind, graphqlerror.Kind(code))
		seen[code] = kind
	}
	require.Equal(t, "INTERNAL_SERVER_ERROR", graphqlerror.Code(0))
}

func TestUnknownErrorsSayNothing(t *testing.T) {
	e := graphqlerror.FromError(errors.New("password is hunter2"))
	require.Equal(t, "internal error", e.Message)
	require.Equal(t, map[string]any{"code": "INTERNAL_SERVER_ERROR", "reason": "INTERNAL"}, e.Extensions)
}

func TestErrorsOfStrangersGetTheKindThatComesClosest(t *testing.T) {
	for code, want := range map[string]apierror.Kind{
		"GRAPHQL_VALIDATION_FAILED": apierror.Invalid,
		"PERSISTED_QUERY_NOT_FOUND": apierror.NotFound,
		"SOMETHING_ELSE":            apierror.Internal,
	} {
		e := graphqlerror.ToError(&gqlerror.Error{Message: "m", Extensions: map[string]any{"code": code, "fields": []any{7}}})
		require.Equal(t, apierror.New(want, code, "m"), e)
	}
	require.Equal(t, apierror.New(apierror.Internal, "", "m"), graphqlerror.ToError(&gqlerror.Error{Message: "m"}))
}

func Example() {
	missing := apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "there is no such task")
	text, err := json.Marshal(graphqlerror.FromError(fmt.Errorf("load task: %w", missing)))
	fmt.Println(string(text), err)
	// Output: {"message":"there is no such task","extensions":{"code":"NOT_FOUND","reason":"TASK_NOT_FOUND"}} <nil>
}
