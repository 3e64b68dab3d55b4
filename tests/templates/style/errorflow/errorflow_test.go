package errorflow_test

import (
	"testing"

	"goldpath.local/style/errorflow"
	"goldpath.local/style/styletest"
)

const sample = "testdata/sample"

func TestErrorsAreFollowedFromWhereTheyCameToWhereTheyLeave(t *testing.T) {
	row := errorflow.Wrapping(styletest.Load(t, sample))
	styletest.RequireWanted(t, sample, "store/store.go", row.Findings...)
	styletest.RequireRow(t, row, "35.3 % of 17", false)
}

func TestWordsAroundErrors(t *testing.T) {
	row := errorflow.Phrases(styletest.Load(t, sample))
	styletest.RequireWanted(t, sample, "store/words.go", row.Findings...)
	styletest.RequireRow(t, row, "11", false)
}

func TestErrorsThatAreReportedTwice(t *testing.T) {
	row := errorflow.LoggedAndReturned(styletest.Load(t, sample))
	styletest.RequireWanted(t, sample, "store/logged.go", row.Findings...)
	styletest.RequireRow(t, row, "3", false)
}

func TestTestSupportMayReturnErrorsAsTheyCome(t *testing.T) {
	dir := styletest.Write(t, map[string]string{"atest/atest.go": `package atest

import (
	"os"
	"testing"
)

func Remove(t *testing.T, path string) error { return os.Remove(path) }
`})
	styletest.RequireRow(t, errorflow.Wrapping(styletest.Load(t, dir)), "100.0 % of 0", true)
}
