// Package docs judges the comments of exported names.
package docs

import (
	"go/ast"
	"go/token"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

const documented = 95.0 // percent of exported names

// exported is one exported name with what a reader knows without its comment.
type exported struct {
	name *ast.Ident
	doc  string
	// known are identifiers that already say what a doc must not only repeat:
	// the name, its receiver, its signature and its package.
	known []string
}

// Measure counts the exported functions, methods, types, constants and variables
// whose comment tells more than their declaration.
func Measure(m *source.Module) table.Row {
	var good, all int
	var findings []table.Finding
	for _, p := range m.Packages {
		for _, e := range exportedNames(p) {
			all++
			if fault := e.fault(); fault != "" {
				findings = append(findings, table.At(m, e.name.Pos(), "%s %s", e.name.Name, fault))
			} else {
				good++
			}
		}
	}
	return table.Share("meaningful docs on exported names", documented, good, all, findings)
}

// fault says what is wrong with a comment, "" if nothing.
func (e exported) fault() string {
	switch {
	case e.doc == "":
		return "has no doc comment"
	case !isMeaningful(e.doc, e.known):
		return "has a doc that says no more than its declaration"
	}
	return ""
}

func exportedNames(p *source.Package) []exported {
	var all []exported
	for _, f := range p.Files {
		for _, declaration := range f.Syntax.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if isExported(d) {
					known := append(signature(d.Recv, d.Type.Params, d.Type.Results), d.Name.Name, p.Name)
					all = append(all, exported{d.Name, d.Doc.Text(), known})
				}
			case *ast.GenDecl:
				all = append(all, exportedSpecs(p, d)...)
			}
		}
	}
	return all
}

// isExported tells whether a function can be called by name from other
// packages, or a method by way of an exported type.
func isExported(d *ast.FuncDecl) bool {
	if !d.Name.IsExported() || d.Recv == nil {
		return d.Name.IsExported()
	}
	for _, name := range signature(d.Recv) {
		if ast.IsExported(name) {
			return true
		}
	}
	return false
}

func exportedSpecs(p *source.Package, d *ast.GenDecl) []exported {
	var all []exported
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				all = append(all, exported{s.Name, docOf(d, s.Doc), []string{s.Name.Name, p.Name}})
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() {
					all = append(all, exported{name, docOf(d, s.Doc, s.Comment), []string{name.Name, p.Name}})
				}
			}
		}
	}
	return all
}

// docOf returns the first comment of a specification, or else that of the
// group in which it stands. A type in a group needs one of its own.
func docOf(d *ast.GenDecl, own ...*ast.CommentGroup) string {
	for _, comment := range own {
		if text := comment.Text(); text != "" {
			return text
		}
	}
	if d.Tok == token.TYPE && d.Lparen.IsValid() {
		return ""
	}
	return d.Doc.Text()
}

// signature returns the identifiers in lists of parameters: names and types.
func signature(lists ...*ast.FieldList) []string {
	var names []string
	for _, list := range lists {
		if list == nil {
			continue
		}
		ast.Inspect(list, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok {
				names = append(names, ident.Name)
			}
			return true
		})
	}
	return names
}
