package errorflow

import (
	"go/ast"
	"go/types"
	"strings"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

// loggers are packages whose functions and methods write log records; a name
// with a slash in front is the end of a path.
var loggers = []string{"log", "log/slog", "github.com/sirupsen/logrus", "go.uber.org/zap", "/pkg/logging"}

// LoggedAndReturned looks for blocks that log an error and return it, so that
// it is reported twice.
func LoggedAndReturned(m *source.Module) table.Row {
	var findings []table.Finding
	for _, p := range m.Code() {
		t := newTracer(p)
		inspect(p, func(block *ast.BlockStmt) {
			for _, call := range t.reportedTwice(block) {
				findings = append(findings, table.At(m, call.Pos(), "the error is logged here and returned"))
			}
		})
	}
	return table.None("errors logged and returned", findings)
}

// inspect visits the nodes of one kind in the files of a package.
func inspect[T ast.Node](p *source.Package, visit func(T)) {
	for _, f := range p.Files {
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if found, ok := n.(T); ok {
				visit(found)
			}
			return true
		})
	}
}

// reportedTwice returns the calls of loggers in a block that are given an error
// which a later statement of the same block returns.
func (t tracer) reportedTwice(block *ast.BlockStmt) []*ast.CallExpr {
	var twice []*ast.CallExpr
	logged := map[types.Object]*ast.CallExpr{}
	for _, statement := range block.List {
		switch s := statement.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && t.isLogger(call) {
				for _, variable := range t.errorsIn(call) {
					logged[variable] = call
				}
			}
		case *ast.ReturnStmt:
			for _, variable := range t.errorsIn(s) {
				if call := logged[variable]; call != nil {
					twice = append(twice, call)
				}
			}
		}
	}
	return twice
}

func (t tracer) isLogger(call *ast.CallExpr) bool {
	callee := t.callee(call)
	if callee == nil || callee.Pkg() == nil {
		return false
	}
	path := callee.Pkg().Path()
	for _, logger := range loggers {
		if path == logger || strings.HasPrefix(logger, "/") && strings.HasSuffix(path, logger) {
			return true
		}
	}
	return false
}

// errorsIn returns the variables below n that hold errors.
func (t tracer) errorsIn(n ast.Node) []types.Object {
	var found []types.Object
	inspectOutside(n, func(child ast.Node) {
		name, ok := child.(*ast.Ident)
		if !ok {
			return
		}
		if variable, ok := t.info.Uses[name].(*types.Var); ok && isErrorType(variable.Type()) {
			found = append(found, variable)
		}
	})
	return found
}
