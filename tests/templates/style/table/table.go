// Package table holds what was measured against its bars, and prints it.
package table

import (
	"encoding/json"
	"fmt"
	"go/token"
	"io"
	"strconv"
	"text/tabwriter"
)

// Finding is one place that lowers a figure.
type Finding struct {
	// File is relative to the measured module.
	File string `json:"file"`
	// Line counts from 1; 0 means the whole file or folder.
	Line int `json:"line,omitempty"`
	// Text says what is there.
	Text string `json:"text"`
}

// Positions knows where in the module a position is; a source.Module does.
type Positions interface {
	Position(pos token.Pos) (file string, line int)
}

// At returns a finding at a position, with a text as of fmt.Sprintf.
func At(positions Positions, pos token.Pos, format string, args ...any) Finding {
	file, line := positions.Position(pos)
	return Finding{File: file, Line: line, Text: fmt.Sprintf(format, args...)}
}

// Percent returns the share of a part in a whole; of nothing it is 100.
func Percent(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

// Row is one measure.
type Row struct {
	// Measure names what is measured.
	Measure string `json:"measure"`
	// Figure is what was found, for people.
	Figure string `json:"figure"`
	// Bar is what the figure must reach, for people.
	Bar string `json:"bar"`
	// Passed tells whether it does.
	Passed bool `json:"passed"`
	// Findings are the places behind a figure. A row that passes may have some.
	Findings []Finding `json:"findings"`
}

// None returns the row of a measure that must find nothing.
func None(measure string, findings []Finding) Row {
	return Row{
		Measure:  measure,
		Figure:   strconv.Itoa(len(findings)),
		Bar:      "0",
		Passed:   len(findings) == 0,
		Findings: findings,
	}
}

// Share returns the row of a measure that at least bar percent of all must
// reach, of which part do.
func Share(measure string, bar float64, part, all int, findings []Finding) Row {
	share := Percent(part, all)
	return Row{
		Measure:  measure,
		Figure:   fmt.Sprintf("%.1f %% of %d", share, all),
		Bar:      fmt.Sprintf(">= %.0f %%", bar),
		Passed:   share >= bar,
		Findings: findings,
	}
}

// Table is the outcome for one module.
type Table []Row

// Passed tells whether every row reaches its bar.
func (t Table) Passed() bool {
	for _, row := range t {
		if !row.Passed {
			return false
		}
	}
	return true
}

// WriteText prints the table, and below it the findings of the rows that miss
// their bar; of all rows if all is true.
func (t Table) WriteText(w io.Writer, all bool) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(columns, "measure\tfigure\tbar\t") // the writer keeps its first error until Flush
	for _, row := range t {
		_, _ = fmt.Fprintf(columns, "%s\t%s\t%s\t%s\n", row.Measure, row.Figure, row.Bar, verdict(row))
	}
	if err := columns.Flush(); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	for _, row := range t {
		if row.Passed && !all {
			continue
		}
		for _, f := range row.Findings {
			if _, err := fmt.Fprintf(w, "%s: %s: %s\n", f.place(), row.Measure, f.Text); err != nil {
				return fmt.Errorf("print finding: %w", err)
			}
		}
	}
	return nil
}

// WriteJSON prints an object with the rows and whether all of them pass.
func (t Table) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	outcome := struct {
		Passed bool  `json:"passed"`
		Rows   []Row `json:"rows"`
	}{t.Passed(), t}
	if err := encoder.Encode(outcome); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

func verdict(row Row) string {
	if row.Passed {
		return "pass"
	}
	return "FAIL"
}

// place returns the finding's place as compilers write it.
func (f Finding) place() string {
	if f.Line == 0 {
		return f.File
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}
