package testkit_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/testkit"
)

// recorder is a test that writes down how it ended.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) { r.skipped = fmt.Sprintf(format, args...) }

// Fatalf does not end the goroutine; what follows must not matter.
func (r *recorder) Fatalf(format string, args ...any) {
	if r.failed == "" {
		r.failed = fmt.Sprintf(format, args...)
	}
}

func TestMissingSkipsLoudly(t *testing.T) {
	t.Setenv(testkit.EnvRequire, "")
	r := &recorder{TB: t}
	testkit.Missing(r, "Redis", "set TEST_REDIS_URL")
	require.Equal(t, "NOT TESTED, Redis is missing: set TEST_REDIS_URL", r.skipped)
	require.Empty(t, r.failed)
}

func TestMissingFailsWhereNothingMayBeSkipped(t *testing.T) {
	t.Setenv(testkit.EnvRequire, "1")
	r := &recorder{TB: t}
	testkit.Missing(r, "Redis", "set TEST_REDIS_URL")
	require.Contains(t, r.failed, "Redis is missing and TEST_REQUIRE_DEPS=1 forbids to skip")
}

func TestEventuallyWaitsForTheCondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, asked := time.Now(), 0
		testkit.Eventually(t, time.Second, func() error {
			if asked++; asked < 4 {
				return errors.New("not yet")
			}
			return nil
		})
		require.Equal(t, 4, asked)
		require.Equal(t, 7*time.Millisecond, time.Since(start), "pauses of 1, 2 and 4 ms")
	})
}

func TestEventuallyGivesUpWithTheLastError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, r := time.Now(), &recorder{TB: t}
		testkit.Eventually(r, time.Second, func() error { return errors.New("not yet") })
		require.Equal(t, "not within 1s: not yet", r.failed)
		require.Equal(t, time.Second, time.Since(start))
	})
}
