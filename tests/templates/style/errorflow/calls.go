package errorflow

import (
	"go/ast"
	"go/constant"
	"go/types"
)

// crosses tells whether a function is another package's, or a method of an
// interface, behind which another package is. Functions that make an error, or
// say why a context ended, hand out nothing that needs more words.
func (t tracer) crosses(callee *types.Func) bool {
	switch callee.FullName() {
	case "errors.New", "errors.Unwrap", "(context.Context).Err", "context.Cause":
		return false
	}
	if makesError(callee) {
		return false
	}
	if receiver := callee.Signature().Recv(); receiver != nil && types.IsInterface(receiver.Type()) {
		return true
	}
	return callee.Pkg() != nil && callee.Pkg().Path() != t.pkg.Path()
}

// makesError tells whether a function results in an error of a type of its own,
// as apierror.New does, which no call that may succeed can.
func makesError(callee *types.Func) bool {
	results := callee.Signature().Results()
	return results.Len() == 1 && !types.Identical(results.At(0).Type(), errorType)
}

// callee returns the function that a call names, or nil for a conversion and
// for a function that is a value: its errors are those of whoever made it.
func (t tracer) callee(call *ast.CallExpr) *types.Func {
	fun := ast.Unparen(call.Fun)
	switch indexed := fun.(type) { // explicit type arguments
	case *ast.IndexExpr:
		fun = indexed.X
	case *ast.IndexListExpr:
		fun = indexed.X
	}
	var name *ast.Ident
	switch fun := fun.(type) {
	case *ast.Ident:
		name = fun
	case *ast.SelectorExpr:
		name = fun.Sel
	default:
		return nil
	}
	callee, _ := t.info.Uses[name].(*types.Func)
	return callee
}

func (t tracer) isError(e ast.Expr) bool {
	found := t.info.Types[e].Type
	return found != nil && isErrorType(found)
}

// text returns the first argument of a call if it is a constant text.
func (t tracer) text(call *ast.CallExpr) string {
	if len(call.Args) == 0 {
		return ""
	}
	value := t.info.Types[call.Args[0]].Value
	if value == nil || value.Kind() != constant.String {
		return ""
	}
	return constant.StringVal(value)
}

var errorType = types.Universe.Lookup("error").Type()

func isErrorType(t types.Type) bool {
	return types.Implements(t, errorType.Underlying().(*types.Interface))
}

// returnsError tells whether the last result of a function is an error.
func returnsError(function *types.Func) bool {
	results := function.Signature().Results()
	return results.Len() > 0 && types.Identical(results.At(results.Len()-1).Type(), errorType)
}
