package shape

import (
	"fmt"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

const (
	commentLow, commentHigh = 8.0, 17.0 // percent
	testRatio               = 1.0
)

// CommentShare measures lines with nothing but a comment among the lines of the
// code that are not blank.
func CommentShare(m *source.Module) table.Row {
	var comments, lines int
	for _, p := range m.Code() {
		for _, f := range p.Files {
			comments += f.Comments
			lines += f.Lines - f.Blank
		}
	}
	share := table.Percent(comments, lines)
	return table.Row{
		Measure: "comment share",
		Figure:  fmt.Sprintf("%.1f %%", share),
		Bar:     fmt.Sprintf("%.0f-%.0f %%", commentLow, commentHigh),
		Passed:  commentLow <= share && share <= commentHigh,
	}
}

// TestLines holds the lines of tests and test support against those of the code.
func TestLines(m *source.Module) table.Row {
	var tests, lines int
	for _, p := range m.Packages {
		for _, f := range p.Tests {
			tests += f.Lines
		}
		for _, f := range p.Files {
			if p.IsTestSupport() {
				tests += f.Lines
			} else {
				lines += f.Lines
			}
		}
	}
	ratio := table.Percent(tests, lines) / 100
	return table.Row{
		Measure: "test lines per line of code",
		Figure:  fmt.Sprintf("%.2f (%d : %d)", ratio, tests, lines),
		Bar:     fmt.Sprintf(">= %.1f", testRatio),
		Passed:  ratio >= testRatio,
	}
}
