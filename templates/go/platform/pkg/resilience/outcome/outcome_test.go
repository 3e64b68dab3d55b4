package outcome_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
)

var (
	errDown     = apierror.New(apierror.Unavailable, "DOWN", "down")
	errNotFound = apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "task not found")
	errDefect   = errors.New("index out of range")
)

func TestErrorsAreClassified(t *testing.T) {
	tests := map[string]struct {
		err  error
		want outcome.Outcome
	}{
		"no error":            {nil, outcome.Success},
		"the caller's fault":  {fmt.Errorf("load: %w", errNotFound), outcome.Success},
		"the caller left":     {fmt.Errorf("load: %w", context.Canceled), outcome.Ignored},
		"cancelled elsewhere": {apierror.From(context.Canceled), outcome.Ignored},
		"slow":                {fmt.Errorf("load: %w", context.DeadlineExceeded), outcome.Transient},
		"slow elsewhere":      {apierror.New(apierror.Timeout, "TIMEOUT", ""), outcome.Transient},
		"down":                {errDown, outcome.Transient},
		"too many calls":      {apierror.New(apierror.RateLimited, "LIMIT", ""), outcome.Throttled},
		"a defect":            {apierror.From(errDefect), outcome.Failed},
		"unknown":             {errDefect, outcome.Failed},
		"refused":             {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, outcome.Transient},
		"broken":              {&net.OpError{Op: "read", Err: errors.New("connection reset")}, outcome.Transient},
		"cut":                 {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), outcome.Transient},
		"timed out":           {os.ErrDeadlineExceeded, outcome.Transient},
		"alert of TLS":        {&net.OpError{Op: "remote error", Err: errors.New("bad certificate")}, outcome.Failed},
		"untrusted":           {x509.UnknownAuthorityError{}, outcome.Failed},
		"no such name":        {&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, outcome.Failed},
		"name server down":    {&net.DNSError{IsTemporary: true}, outcome.Transient},
		"wrong URL":           {&url.Error{Op: "Get", Err: errors.New("unsupported protocol scheme")}, outcome.Failed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want.String(), outcome.Classify(tc.err).String())
		})
	}
}

func TestEveryKindHasAnOutcome(t *testing.T) {
	for _, kind := range apierror.Kinds() {
		end := outcome.Classify(apierror.New(kind, "REASON", ""))
		require.NotEqual(t, outcome.Ignored, end, kind)
		failed := end == outcome.Transient || end == outcome.Failed
		require.Equal(t, kind.HTTPStatus() >= 500, failed, "%s: what HTTP calls the server's fault", kind)
	}
	require.Equal(t, "unknown", outcome.Outcome(0).String())
}

func TestJoinedErrorsOfALoopKeepTheirMeaning(t *testing.T) {
	err := errors.Join(errDown, errDefect)
	require.Equal(t, outcome.Transient, outcome.Classify(err))
}

func TestARefusalIsKnownAndSaysNothingAboutTheTarget(t *testing.T) {
	refused := outcome.Refuse(apierror.Unavailable, "FULL", "no place")
	require.True(t, outcome.Refused(fmt.Errorf("call: %w", refused)))
	require.Equal(t, outcome.Ignored, outcome.Classify(refused))
	require.False(t, outcome.Ignored.Retryable())
	var before interface{ SafeToRetry() bool }
	require.ErrorAs(t, refused, &before)
	require.True(t, before.SafeToRetry())

	late := outcome.RefuseAfter(apierror.Unavailable, "FULL", "no place", context.DeadlineExceeded)
	require.True(t, outcome.Refused(late))
	require.ErrorIs(t, late, context.DeadlineExceeded)

	elsewhere := apierror.New(apierror.Unavailable, "FULL", "no place")
	require.False(t, outcome.Refused(elsewhere), "something was sent to get it")
}
