package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// module makes a module of one file.
func module(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.26.0\n", "m.go": content} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The measures hold for this program too. Its tests are shorter than its code
// because what they measure lies in testdata, which is no package.
func TestThisProgramReachesTheBars(t *testing.T) {
	_, out, errs := call(t, ".")
	for line := range strings.Lines(out + errs) {
		if strings.Contains(line, "FAIL") && !strings.HasPrefix(line, "test lines") {
			t.Error(line)
		}
	}
	if !strings.Contains(out, "pass") {
		t.Error(out, errs)
	}
}

func TestAMissedBarIsAFailure(t *testing.T) {
	code, out, _ := call(t, module(t, "package util\n"))
	if code != 1 || !strings.Contains(out, "FAIL") || !strings.Contains(out, "package util") {
		t.Errorf("got %d\n%s", code, out)
	}
}

func TestJSON(t *testing.T) {
	code, out, _ := call(t, "-json", module(t, "package util\n"))
	var outcome struct {
		Passed *bool
		Rows   []struct{ Measure, Figure, Bar string }
	}
	if err := json.Unmarshal([]byte(out), &outcome); err != nil {
		t.Fatal(err)
	}
	if code != 1 || outcome.Passed == nil || *outcome.Passed || len(outcome.Rows) != 10 {
		t.Errorf("got %d, %+v", code, outcome)
	}
}

func TestWrongCallsAndBrokenModulesHaveACodeOfTheirOwn(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"no folder":      {nil, "usage: style"},
		"two folders":    {[]string{".", "."}, "usage: style"},
		"unknown flag":   {[]string{"-loud", "."}, "-loud"},
		"broken module":  {[]string{module(t, "package m\nfunc {\n")}, "style: list packages"},
		"missing folder": {[]string{"no/such/folder"}, "style: list packages"},
	}
	for name, tc := range tests {
		if code, _, errs := call(t, tc.args...); code != 2 || !strings.Contains(errs, tc.want) {
			t.Errorf("%s: got %d, %q", name, code, errs)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no paper") }

func TestAReportThatCannotBeWrittenIsNoPass(t *testing.T) {
	var errs strings.Builder
	if code := run(t.Context(), []string{"."}, broken{}, &errs); code != 2 || !strings.Contains(errs.String(), "no paper") {
		t.Errorf("got %d, %q", code, errs.String())
	}
}
