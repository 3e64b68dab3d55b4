// Package source reads the Go code of a module: syntax, types, and which lines
// of it people wrote.
package source

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"
)

// Module is what go list finds in and below one folder.
type Module struct {
	// Fset knows the positions of all syntax of the module.
	Fset *token.FileSet
	// Packages are in the order of their import paths.
	Packages []*Package
}

// Package is one package with its tests.
type Package struct {
	// Path is the import path.
	Path string
	// Dir is the folder, relative to the module and with slashes; "." is the module's own.
	Dir string
	// Name is what the package clause says.
	Name string
	// Files are hand-written and compiled into the package. They are in the order of their names.
	Files []*File
	// Tests are the hand-written files whose names end in _test.go.
	Tests []*File
	// Types is the checked package without its tests, generated files included.
	Types *types.Package
	// Info tells what the syntax of Files means.
	Info *types.Info
}

// File is one hand-written file.
type File struct {
	// Path is relative to the module, with slashes.
	Path string
	// Syntax is the parsed file with its comments.
	Syntax *ast.File
	// Lines is the number of all lines.
	Lines int
	// Blank is the number of lines with nothing on them.
	Blank int
	// Comments is the number of lines with a comment and no code on them.
	Comments int
}

// Code returns the packages that run in production, without those that exist
// for tests.
func (m *Module) Code() []*Package {
	return slices.DeleteFunc(slices.Clone(m.Packages), (*Package).IsTestSupport)
}

// Functions returns the declared functions and methods that have a body.
func (p *Package) Functions() []*ast.FuncDecl {
	var all []*ast.FuncDecl
	for _, f := range p.Files {
		for _, declaration := range f.Syntax.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Body != nil {
				all = append(all, function)
			}
		}
	}
	return all
}

// IsTestSupport tells whether the package exists for tests, as httptest of the
// standard library does: its name ends in "test", and it imports testing.
func (p *Package) IsTestSupport() bool {
	return strings.HasSuffix(p.Name, "test") && slices.ContainsFunc(p.Files, func(f *File) bool {
		return slices.ContainsFunc(f.Syntax.Imports, func(spec *ast.ImportSpec) bool {
			return spec.Path.Value == `"testing"`
		})
	})
}

// IsOneOf tells whether the package lies in one of the folders, which are
// relative to the module.
func (p *Package) IsOneOf(folders []string) bool {
	return slices.Contains(folders, path.Clean(p.Dir))
}

// Position returns the file, relative to the module, and the line of pos.
func (m *Module) Position(pos token.Pos) (file string, line int) {
	at := m.Fset.Position(pos)
	return at.Filename, at.Line
}
