package testkit

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

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
