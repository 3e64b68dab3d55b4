package resilience_test

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
	"goldpath.local/service/pkg/resilience"
)

func TestErrorsAreClassified(t *testing.T) {
	tests := map[string]struct {
		err  error
		want resilience.Outcome
	}{
		"no error":            {nil, resilience.Success},
		"the caller's fault":  {fmt.Errorf("load: %w", errNotFound), resilience.Success},
		"the caller left":     {fmt.Errorf("load: %w", context.Canceled), resilience.Ignored},
		"cancelled elsewhere": {apierror.From(context.Canceled), resilience.Ignored},
		"slow":                {fmt.Errorf("load: %w", context.DeadlineExceeded), resilience.Transient},
		"slow elsewhere":      {apierror.New(apierror.Timeout, "TIMEOUT", ""), resilience.Transient},
		"down":                {errDown, resilience.Transient},
		"too many calls":      {apierror.New(apierror.RateLimited, "LIMIT", ""), resilience.Throttled},
		"a defect":            {apierror.From(errDefect), resilience.Failed},
		"unknown":             {errDefect, resilience.Failed},
		"refused":             {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, resilience.Transient},
		"broken":              {&net.OpError{Op: "read", Err: errors.New("connection reset")}, resilience.Transient},
		"cut":                 {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), resilience.Transient},
		"timed out":           {os.ErrDeadlineExceeded, resilience.Transient},
		"alert of TLS":        {&net.OpError{Op: "remote error", Err: errors.New("bad certificate")}, resilience.Failed},
		"untrusted":           {x509.UnknownAuthorityError{}, resilience.Failed},
		"no such name":        {&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, resilience.Failed},
		"name server down":    {&net.DNSError{IsTemporary: true}, resilience.Transient},
		"wrong URL":           {&url.Error{Op: "Get", Err: errors.New("unsupported protocol scheme")}, resilience.Failed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want.String(), resilience.Classify(tc.err).String())
		})
	}
}

func TestEveryKindHasAnOutcome(t *testing.T) {
	for _, kind := range apierror.Kinds() {
		outcome := resilience.Classify(apierror.New(kind, "REASON", ""))
		require.NotEqual(t, resilience.Ignored, outcome, kind)
		failed := outcome == resilience.Transient || outcome == resilience.Failed
		require.Equal(t, kind.HTTPStatus() >= 500, failed, "%s: what HTTP calls the server's fault", kind)
	}
	require.Equal(t, "unknown", resilience.Outcome(0).String())
}
