package table_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"goldpath.local/style/table"
)

var sample = table.Table{
	{Measure: "names", Figure: "1", Bar: "0", Findings: []table.Finding{{File: "util", Text: "package util"}}},
	{
		Measure: "docs", Figure: "99 %", Bar: ">= 95 %", Passed: true,
		Findings: []table.Finding{{File: "a.go", Line: 7, Text: "A has no doc comment"}},
	},
}

func text(t *testing.T, tab table.Table, all bool) string {
	t.Helper()
	var out strings.Builder
	if err := tab.WriteText(&out, all); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTextShowsWhatMissesItsBar(t *testing.T) {
	want := "measure  figure  bar      \n" +
		"names    1       0        FAIL\n" +
		"docs     99 %    >= 95 %  pass\n" +
		"util: names: package util\n"
	if got := text(t, sample, false); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := text(t, sample, true); got != want+"a.go:7: docs: A has no doc comment\n" {
		t.Errorf("got\n%s", got)
	}
}

func TestJSONHasTheSame(t *testing.T) {
	var out strings.Builder
	if err := sample.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Passed bool
		Rows   table.Table
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Passed || text(t, got.Rows, true) != text(t, sample, true) {
		t.Errorf("got %s", out.String())
	}
}

func TestATablePassesWhenAllItsRowsDo(t *testing.T) {
	if sample.Passed() || !sample[1:].Passed() || !(table.Table{}).Passed() {
		t.Error("one row that fails is enough, and only that")
	}
}

var errFull = errors.New("disk full")

// full takes so many writes before it fails.
type full struct{ writes int }

func (f *full) Write(p []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWritersThatFailAreReported(t *testing.T) {
	if err := sample.WriteJSON(&full{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	var failures int
	for writes := range 100 {
		err := sample.WriteText(&full{writes: writes}, true)
		if err == nil {
			break
		}
		failures++
		if !errors.Is(err, errFull) {
			t.Errorf("after %d writes: got %v", writes, err)
		}
	}
	if failures < 2 {
		t.Errorf("failed %d times", failures)
	}
}
