package source_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldpath.local/style/source"
)

func load(t *testing.T, dir string) *source.Module {
	t.Helper()
	module, err := source.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

func paths(files []*source.File) string {
	var all []string
	for _, f := range files {
		all = append(all, f.Path)
	}
	return strings.Join(all, " ")
}

func TestLoadFindsThePackagesAndWhatPeopleWrote(t *testing.T) {
	module := load(t, "testdata/small")
	if got := len(module.Packages); got != 3 {
		t.Fatalf("found %d packages, want 3", got)
	}
	small, inner, outer := module.Packages[0], module.Packages[1], module.Packages[2]
	tests := []struct{ what, got, want string }{
		{
			"paths", strings.Join([]string{small.Path, inner.Path, outer.Path}, " "),
			"example.com/sample example.com/sample/inner example.com/sample/outertest",
		},
		{"folders", strings.Join([]string{small.Dir, inner.Dir, outer.Dir}, " "), ". inner outertest"},
		{"name", small.Name, "small"},
		{"files", paths(small.Files), "small.go"},
		{"tests", paths(small.Tests), "small_test.go outside_test.go"},
		{"type of a generated variable", small.Types.Scope().Lookup("generated").Type().String(), "string"},
	}
	for _, tc := range tests {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.what, tc.got, tc.want)
		}
	}
}

func TestTestSupportIsToldFromCode(t *testing.T) {
	for _, p := range load(t, "testdata/small").Packages {
		if got, want := p.IsTestSupport(), p.Name == "outertest"; got != want {
			t.Errorf("package %s: test support is %t", p.Name, got)
		}
	}
}

func TestPackagesAreFoundByTheirFolder(t *testing.T) {
	inner := load(t, "testdata/small").Packages[1]
	if !inner.IsOneOf([]string{"other", "inner"}) || inner.IsOneOf([]string{"other", "inner/deep", ""}) {
		t.Error("inner is one of its own folder only")
	}
}

func TestPositionsAreRelativeToTheModule(t *testing.T) {
	module := load(t, "testdata/small")
	file, line := module.Position(module.Packages[1].Files[0].Syntax.Name.Pos())
	if file != "inner/inner.go" || line != 2 {
		t.Errorf("got %s:%d", file, line)
	}
}

func TestLinesAreCountedByWhatIsOnThem(t *testing.T) {
	f := load(t, "testdata/small").Packages[0].Files[0]
	if f.Lines != 10 || f.Blank != 2 || f.Comments != 5 {
		t.Errorf("got %d lines, %d blank, %d comments", f.Lines, f.Blank, f.Comments)
	}
}

func TestLoadRefusesWhatDoesNotBuild(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"no module":     {nil, "list packages"},
		"syntax error":  {map[string]string{"go.mod": "module m\n", "a.go": "package a\nfunc {\n"}, "list packages"},
		"type error":    {map[string]string{"go.mod": "module m\n", "a.go": "package a\nvar n int = \"\"\n"}, "list packages"},
		"spoiled test":  {map[string]string{"go.mod": "module m\n", "a.go": "package a\n", "a_test.go": "package a\nfunc {\n"}, ""},
		"no such place": {map[string]string{"go.mod": "module m\n", "a.go": "package a\nimport _ \"m/none\"\n"}, "m/none"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range tc.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := source.Load(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}
