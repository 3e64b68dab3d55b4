package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// outcome is a test that notes that it failed and goes on.
type outcome struct {
	testing.TB
	failed bool
}

func (o *outcome) Helper()               {}
func (o *outcome) Errorf(string, ...any) { o.failed = true }
func (o *outcome) FailNow()              { o.failed = true }

func updating(t *testing.T, on bool) {
	t.Helper()
	before := *update
	*update = on
	t.Cleanup(func() { *update = before })
}

func TestGoldenComparesByteForByte(t *testing.T) {
	updating(t, false)
	path := filepath.Join(t.TempDir(), "answer.txt")
	require.NoError(t, os.WriteFile(path, []byte("one\n"), 0o600))
	for content, fails := range map[string]bool{"one\n": false, "one": true, "One\n": true} {
		o := &outcome{TB: t}
		Golden(o, path, []byte(content))
		require.Equal(t, fails, o.failed, "%q", content)
	}
}

func TestGoldenFilesAreWrittenOnlyWhenAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testdata", "answer.txt")
	updating(t, false)
	o := &outcome{TB: t}
	Golden(o, path, []byte("one\n"))
	require.True(t, o.failed, "a golden file that is missing is a failure")
	require.NoFileExists(t, path)

	updating(t, true)
	Golden(t, path, []byte("one\n"))
	updating(t, false)
	Golden(t, path, []byte("one\n"))
}
