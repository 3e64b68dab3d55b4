// Package testkit is what the tests of every package share: servers that may be
// missing, golden files, and waiting for what happens elsewhere.
package testkit

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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

// update is a flag of every test binary that imports this package.
var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// Golden fails t unless got is byte for byte what the file at path holds; the
// path is relative to the package under test, by custom below testdata. To
// accept what the code makes now, run the tests of that package with -update and
// review the difference before you commit it.
func Golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		writeGolden(t, path, got)
		return
	}
	want, err := os.ReadFile(path) //nolint:gosec // the test chooses the path
	require.NoError(t, err, "write it with -update")
	require.Equal(t, string(want), string(got), "%s differs: if that is meant, run the test with -update", path)
}

func writeGolden(t testing.TB, path string, content []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(t, os.WriteFile(path, content, 0o600))
}
