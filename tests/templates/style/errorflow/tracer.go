// Package errorflow follows errors from the calls that they came out of to the
// functions that return them.
package errorflow

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"goldpath.local/style/source"
)

// origin is a call into another package that an error came out of.
type origin struct {
	call *ast.CallExpr
	// wrapped tells whether something was said about the error on its way.
	wrapped bool
}

// tracer follows errors back through the functions of one package.
type tracer struct {
	pkg      *types.Package
	info     *types.Info
	declared map[*types.Func]*ast.FuncDecl
	// open are the functions that are being followed, so that recursion ends.
	open map[*types.Func]bool
	// body is what variables are looked up in.
	body *ast.BlockStmt
}

func newTracer(p *source.Package) tracer {
	t := tracer{
		pkg:      p.Types,
		info:     p.Info,
		declared: map[*types.Func]*ast.FuncDecl{},
		open:     map[*types.Func]bool{},
	}
	for _, declaration := range p.Functions() {
		if function, ok := p.Info.Defs[declaration.Name].(*types.Func); ok {
			t.declared[function] = declaration
		}
	}
	return t
}

// function returns the origins of the errors that a declared function returns,
// be it by way of other functions of the package.
func (t tracer) function(function *types.Func) []origin {
	declaration := t.declared[function.Origin()]
	if declaration == nil || t.open[function] || !returnsError(function) {
		return nil
	}
	t.open[function] = true
	defer delete(t.open, function)
	t.body = declaration.Body
	var found []origin
	inspectOutside(declaration.Body, func(n ast.Node) {
		if statement, ok := n.(*ast.ReturnStmt); ok {
			found = append(found, t.returned(statement, function)...)
		}
	})
	return found
}

// returned returns the origins of the error that a return statement hands out.
func (t tracer) returned(statement *ast.ReturnStmt, function *types.Func) []origin {
	if len(statement.Results) > 0 {
		return t.origins(statement.Results[len(statement.Results)-1], statement.Pos())
	}
	results := function.Signature().Results()
	return t.assigned(results.At(results.Len()-1), statement.Pos())
}

// origins follows an expression as it stands before a position.
func (t tracer) origins(e ast.Expr, before token.Pos) []origin {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return t.assigned(t.info.Uses[e], before)
	case *ast.CallExpr:
		return t.called(e, before)
	case *ast.UnaryExpr:
		return t.origins(e.X, before)
	case *ast.CompositeLit:
		return wrap(t.all(fieldValues(e), before))
	}
	return nil
}

func (t tracer) all(expressions []ast.Expr, before token.Pos) []origin {
	var found []origin
	for _, e := range expressions {
		if t.isError(e) {
			found = append(found, t.origins(e, before)...)
		}
	}
	return found
}

// called follows the result of a call. A call that is given an error is taken
// to say something about it, as fmt.Errorf with %w does; fmt.Errorf without it
// loses the error, and errors.Join says nothing.
func (t tracer) called(call *ast.CallExpr, before token.Pos) []origin {
	callee := t.callee(call)
	given := t.all(call.Args, before)
	switch {
	case callee == nil:
		return wrap(given)
	case callee.FullName() == "errors.Join":
		return given
	case callee.FullName() == "fmt.Errorf":
		if strings.Contains(t.text(call), "%w") {
			return wrap(given)
		}
		return given
	case len(given) > 0:
		return wrap(given)
	case t.crosses(callee):
		return []origin{{call: call}}
	}
	return t.function(callee)
}

// assigned follows a variable back to what was last assigned to it, outside of
// function literals, above a position. Parameters have no origin here.
func (t tracer) assigned(variable types.Object, before token.Pos) []origin {
	if variable == nil {
		return nil
	}
	var last *ast.AssignStmt
	var value ast.Expr
	inspectOutside(t.body, func(n ast.Node) {
		assignment, ok := n.(*ast.AssignStmt)
		if !ok || assignment.End() > before {
			return
		}
		for i, left := range assignment.Lhs {
			name, ok := left.(*ast.Ident)
			if ok && (t.info.Defs[name] == variable || t.info.Uses[name] == variable) {
				last, value = assignment, assignment.Rhs[min(i, len(assignment.Rhs)-1)]
			}
		}
	})
	if last == nil {
		return nil
	}
	return t.origins(value, last.Pos())
}

func wrap(origins []origin) []origin {
	for i := range origins {
		origins[i].wrapped = true
	}
	return origins
}

func fieldValues(literal *ast.CompositeLit) []ast.Expr {
	var values []ast.Expr
	for _, element := range literal.Elts {
		if field, ok := element.(*ast.KeyValueExpr); ok {
			element = field.Value
		}
		values = append(values, element)
	}
	return values
}

// inspectOutside visits the nodes below n, but not those of function literals.
func inspectOutside(n ast.Node, visit func(ast.Node)) {
	ast.Inspect(n, func(child ast.Node) bool {
		if _, isLiteral := child.(*ast.FuncLit); isLiteral {
			return false
		}
		if child != nil {
			visit(child)
		}
		return true
	})
}
