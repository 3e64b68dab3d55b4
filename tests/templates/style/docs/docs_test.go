package docs_test

import (
	"slices"
	"testing"

	"goldpath.local/style/docs"
	"goldpath.local/style/styletest"
)

func TestDocsMustTellMoreThanTheDeclaration(t *testing.T) {
	row := docs.Measure(styletest.Load(t, "testdata/sample"))
	const missing, hollow = " has no doc comment", " has a doc that says no more than its declaration"
	want := []string{
		"Tasks" + hollow, "Bare" + missing, "Later" + hollow, "Get" + hollow, "NewTasks" + hollow, "Len" + missing,
		"Validator" + hollow, "ErrTaskNotFound" + hollow, "Second" + hollow, "Third" + missing, "Blue" + missing,
	}
	var got []string
	for _, f := range row.Findings {
		got = append(got, f.Text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	styletest.RequireRow(t, row, "42.1 % of 19", false)
}

func TestNothingExportedNeedsNoDocs(t *testing.T) {
	dir := styletest.Write(t, map[string]string{"a.go": "package a\n\nfunc f() {}\n"})
	styletest.RequireRow(t, docs.Measure(styletest.Load(t, dir)), "100.0 % of 0", true)
}
