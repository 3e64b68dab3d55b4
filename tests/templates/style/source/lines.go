package source

import (
	"bytes"
	"go/ast"
	"go/token"
)

// newFile counts the lines of a parsed file.
func newFile(fset *token.FileSet, path string, content []byte, syntax *ast.File) *File {
	f := &File{Path: path, Syntax: syntax}
	lines := bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
	f.Lines = len(lines)
	for _, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 {
			f.Blank++
		}
	}
	for _, group := range syntax.Comments {
		for _, comment := range group.List {
			f.Comments += ownLines(fset, lines, comment)
		}
	}
	return f
}

// ownLines returns how many lines belong to a comment alone: none for one that
// stands behind code.
func ownLines(fset *token.FileSet, lines [][]byte, comment *ast.Comment) int {
	first, last := fset.PositionFor(comment.Pos(), false), fset.PositionFor(comment.End(), false)
	before := lines[first.Line-1][:first.Column-1]
	if len(bytes.TrimSpace(before)) > 0 {
		return 0
	}
	return last.Line - first.Line + 1
}
