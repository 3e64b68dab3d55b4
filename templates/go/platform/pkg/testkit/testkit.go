// Package testkit is what the tests of every package share: servers that may be
// missing, golden files, and waiting for what happens elsewhere.
package testkit

import (
	"os"
	"testing"
	"time"
)

// EnvRequire names the variable that turns every missing dependency from a skip
// into a failure; CI sets it to 1, so that nothing stays untested unnoticed.
const EnvRequire = "TEST_REQUIRE_DEPS"

// Missing ends t because what, such as PostgreSQL, is not there; how tells what
// the developer can do about it. The test is skipped with a line that says NOT
// TESTED, which the coverage script looks for, and fails when EnvRequire is 1.
func Missing(t testing.TB, what, how string) {
	t.Helper()
	if os.Getenv(EnvRequire) == "1" {
		t.Fatalf("%s is missing and %s=1 forbids to skip: %s", what, EnvRequire, how)
	}
	t.Skipf("NOT TESTED, %s is missing: %s", what, how)
}

const (
	firstPause = time.Millisecond
	maxPause   = 100 * time.Millisecond
)

// Eventually asks condition until it returns nil, at once and then after pauses
// that double from 1 to 100 ms. When it still fails after limit, t ends with its
// last error. In a testing/synctest bubble this takes no real time.
func Eventually(t testing.TB, limit time.Duration, condition func() error) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-time.After(pause):
		case <-deadline.C:
			t.Fatalf("not within %s: %v", limit, err)
			return
		}
	}
}
