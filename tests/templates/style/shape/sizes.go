// Package shape measures what can be counted without reading: sizes, shares and
// names.
package shape

import (
	"fmt"
	"math"
	"slices"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

// The greatest sizes, in lines; percentiles are by nearest rank.
const (
	fileP50Low, fileP50High, fileP90, fileMax = 60, 110, 250, 400
	functionP50, functionP90, functionMax     = 12, 35, 80
	rootFunctionMax                           = 120
	packageFilesP50, packageFilesMax          = 2, 5
)

// spread is the distribution of a size.
type spread struct{ p50, p90, max int }

func spreadOf(sizes []int) spread {
	if len(sizes) == 0 {
		return spread{}
	}
	slices.Sort(sizes)
	rank := func(share float64) int { return sizes[int(math.Ceil(share*float64(len(sizes))))-1] }
	return spread{rank(0.5), rank(0.9), sizes[len(sizes)-1]}
}

func (s spread) String() string { return fmt.Sprintf("p50 %d, p90 %d, max %d", s.p50, s.p90, s.max) }

// FileLines measures the files of the code. Those of composed packages, which
// wire one part each, are left out of the percentiles; the greatest size holds
// for them, for tests and for test support too.
func FileLines(m *source.Module, composed []string) table.Row {
	row := table.Row{
		Measure: "file lines",
		Bar:     fmt.Sprintf("p50 %d-%d, p90 <= %d, max %d", fileP50Low, fileP50High, fileP90, fileMax),
	}
	var sizes []int
	for _, p := range m.Code() {
		if p.IsOneOf(composed) {
			continue
		}
		for _, f := range p.Files {
			sizes = append(sizes, f.Lines)
		}
	}
	longest := 0
	for _, p := range m.Packages {
		for _, f := range slices.Concat(p.Files, p.Tests) {
			longest = max(longest, f.Lines)
			if f.Lines > fileP90 {
				row.Findings = append(row.Findings, table.Finding{File: f.Path, Text: fmt.Sprintf("%d lines", f.Lines)})
			}
		}
	}
	found := spreadOf(sizes)
	found.max = longest
	row.Figure = found.String()
	row.Passed = fileP50Low <= found.p50 && found.p50 <= fileP50High && found.p90 <= fileP90 && found.max <= fileMax
	return row
}

// FunctionLines measures declared functions of the code, without their
// comments; those of a composition root may be longer.
func FunctionLines(m *source.Module, roots []string) table.Row {
	row := table.Row{
		Measure: "function lines",
		Bar: fmt.Sprintf("p50 <= %d, p90 <= %d, max %d (composition root %d)",
			functionP50, functionP90, functionMax, rootFunctionMax),
	}
	var sizes []int
	tooLong := 0
	for _, p := range m.Code() {
		longest := functionMax
		if p.IsOneOf(roots) {
			longest = rootFunctionMax
		}
		for _, function := range p.Functions() {
			_, first := m.Position(function.Pos())
			_, last := m.Position(function.End())
			size := last - first + 1
			sizes = append(sizes, size)
			if size > longest {
				tooLong++
			}
			if size > functionP90 {
				row.Findings = append(row.Findings, table.At(m, function.Pos(), "%s has %d lines", function.Name.Name, size))
			}
		}
	}
	found := spreadOf(sizes)
	row.Figure = found.String()
	row.Passed = found.p50 <= functionP50 && found.p90 <= functionP90 && tooLong == 0
	return row
}

// PackageFiles counts the files of packages; those of composed packages say how
// many parts the service has, and nothing about style.
func PackageFiles(m *source.Module, composed []string) table.Row {
	row := table.Row{
		Measure: "files per package",
		Bar:     fmt.Sprintf("p50 <= %d, max %d (composed packages any)", packageFilesP50, packageFilesMax),
	}
	var sizes []int
	for _, p := range m.Code() {
		if p.IsOneOf(composed) || len(p.Files) == 0 {
			continue
		}
		sizes = append(sizes, len(p.Files))
		if len(p.Files) > packageFilesMax {
			row.Findings = append(row.Findings, table.Finding{File: p.Dir, Text: fmt.Sprintf("%d files", len(p.Files))})
		}
	}
	found := spreadOf(sizes)
	row.Figure = found.String()
	row.Passed = found.p50 <= packageFilesP50 && found.max <= packageFilesMax
	return row
}
