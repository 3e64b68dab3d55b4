// Package styletest makes modules to measure, and says what is to be found there.
package styletest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

// Load reads the module in dir, and ends the test if that fails.
func Load(t testing.TB, dir string) *source.Module {
	t.Helper()
	module, err := source.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// Write makes a module of files, which are named relative to it, in a folder
// that the test removes.
func Write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/sample\n\ngo 1.26.0\n")
	for name, content := range files {
		write(t, filepath.Join(dir, name), content)
	}
	return dir
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

var comment = regexp.MustCompile(`// want: (.*)`)

// RequireWanted holds findings against the comments of a file: each that reads
// "want:" and a part of a text asks for one finding on its line, and there must
// be no others.
func RequireWanted(t testing.TB, dir, file string, findings ...table.Finding) {
	t.Helper()
	wanted := wantedIn(t, filepath.Join(dir, file))
	for _, f := range findings {
		want, ok := wanted[f.Line]
		if f.File != file || !ok || !strings.Contains(f.Text, want) {
			t.Errorf("%s:%d: found %q, want %q", f.File, f.Line, f.Text, want)
		}
		delete(wanted, f.Line)
	}
	for line, text := range wanted {
		t.Errorf("%s:%d: found nothing, want %q", file, line, text)
	}
}

func wantedIn(t testing.TB, path string) map[int]string {
	t.Helper()
	content, err := os.ReadFile(path) //nolint:gosec // the test names it
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[int]string{}
	for i, line := range strings.Split(string(content), "\n") {
		if match := comment.FindStringSubmatch(line); match != nil {
			wanted[i+1] = match[1]
		}
	}
	return wanted
}

// RequireRow compares what a row says.
func RequireRow(t testing.TB, got table.Row, figure string, passed bool) {
	t.Helper()
	if got.Figure != figure || got.Passed != passed {
		t.Errorf("got %s, want %s", outcome(got.Figure, got.Passed), outcome(figure, passed))
	}
}

func outcome(figure string, passed bool) string {
	return fmt.Sprintf("%q (passed: %t)", figure, passed)
}
