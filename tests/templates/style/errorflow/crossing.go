package errorflow

import (
	"cmp"
	"go/ast"
	"maps"
	"slices"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

const wrappedShare = 60.0 // percent of returned errors that came from another package

// Wrapping measures how many of the errors that come out of calls into other
// packages, and leave the package by an exported function, say what was being
// done. An error that leaves on several ways is wrapped if it is on all of them.
// The errors of function literals are judged where the function that takes the
// literal returns them.
func Wrapping(m *source.Module) table.Row {
	var wrapped, all int
	var findings []table.Finding
	for _, p := range m.Code() {
		bare := bareCalls(p)
		for _, call := range slices.SortedFunc(maps.Keys(bare), byPosition) {
			all++
			if leaving := bare[call]; leaving != "" {
				findings = append(findings,
					table.At(m, call.Pos(), "the error of %s leaves by %s as it came", expression(call.Fun), leaving))
			} else {
				wrapped++
			}
		}
	}
	return table.Share("errors across packages wrapped", wrappedShare, wrapped, all, findings)
}

// bareCalls returns the calls whose errors leave the package, and by which
// exported function they do so unwrapped: "" means none.
func bareCalls(p *source.Package) map[*ast.CallExpr]string {
	t := newTracer(p)
	calls := map[*ast.CallExpr]string{}
	for function, declaration := range t.declared {
		if !function.Exported() {
			continue
		}
		for _, o := range t.function(function) {
			if _, known := calls[o.call]; !known {
				calls[o.call] = ""
			}
			if !o.wrapped && !t.delegates(declaration, o.call) {
				calls[o.call] = max(calls[o.call], function.Name())
			}
		}
	}
	return calls
}

// delegates tells whether a method hands on the result of the method of the
// same name, as decorators do: there is nothing to add.
func (t tracer) delegates(declaration *ast.FuncDecl, call *ast.CallExpr) bool {
	callee := t.callee(call)
	return declaration.Recv != nil && callee != nil && callee.Signature().Recv() != nil &&
		callee.Name() == declaration.Name.Name
}

func byPosition(a, b *ast.CallExpr) int { return cmp.Compare(a.Pos(), b.Pos()) }

// expression returns a called function as it is written, as far as it is names.
func expression(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return expression(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr:
		return expression(e.X)
	case *ast.CallExpr:
		return expression(e.Fun) + "()"
	}
	return "a call"
}
