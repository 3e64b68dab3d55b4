// Command goparse prints, for each file named on standard input, the facts that go/parser reads in it: one JSON line each.
package main

import (
	"bufio"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"strconv"
)

type imported struct {
	Path string `json:"path"`
	Name string `json:"name"`
	Line int    `json:"line"`
}

type function struct {
	Name     string `json:"name"`
	Receiver string `json:"receiver"`
	Line     int    `json:"line"`
}

type call struct {
	Name string    `json:"name"`
	Line int       `json:"line"`
	Args []*string `json:"args"`
}

type composite struct {
	Type string   `json:"type"`
	Line int      `json:"line"`
	Keys []string `json:"keys"`
}

type facts struct {
	Error      string      `json:"error,omitempty"`
	Package    string      `json:"package"`
	Generated  bool        `json:"generated"`
	Imports    []imported  `json:"imports"`
	Functions  []function  `json:"functions"`
	Calls      []call      `json:"calls"`
	Composites []composite `json:"composites"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		if err := out.Encode(read(lines.Text())); err != nil {
			log.Fatal(err)
		}
	}
}

func read(path string) facts {
	found := facts{Imports: []imported{}, Functions: []function{}, Calls: []call{}, Composites: []composite{}}
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return facts{Error: err.Error()}
	}
	line := func(node ast.Node) int { return positions.PositionFor(node.Pos(), false).Line }
	found.Package, found.Generated = file.Name.Name, ast.IsGenerated(file)
	for _, spec := range file.Imports {
		each := imported{Path: *text(spec.Path), Line: line(spec)}
		if spec.Name != nil {
			each.Name = spec.Name.Name
		}
		found.Imports = append(found.Imports, each)
	}
	for _, declaration := range file.Decls {
		if each, ok := declaration.(*ast.FuncDecl); ok {
			found.Functions = append(found.Functions, function{each.Name.Name, receiver(each.Recv), line(each)})
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch each := node.(type) {
		case *ast.CallExpr:
			if name, ok := called(each.Fun); ok {
				args := []*string{}
				for _, arg := range each.Args[:min(4, len(each.Args))] {
					args = append(args, text(arg))
				}
				found.Calls = append(found.Calls, call{name, line(each), args})
			}
		case *ast.CompositeLit:
			if name, ok := typeName(each.Type); ok {
				found.Composites = append(found.Composites, composite{name, line(each), keys(each)})
			}
		}
		return true
	})
	return found
}

func text(node ast.Expr) *string {
	if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		if value, err := strconv.Unquote(literal.Value); err == nil {
			return &value
		}
	}
	return nil
}

func receiver(fields *ast.FieldList) string {
	if fields == nil || len(fields.List) == 0 {
		return ""
	}
	kind := fields.List[0].Type
	for {
		switch each := kind.(type) {
		case *ast.StarExpr:
			kind = each.X
		case *ast.ParenExpr:
			kind = each.X
		case *ast.IndexExpr:
			kind = each.X
		case *ast.IndexListExpr:
			kind = each.X
		case *ast.Ident:
			return each.Name
		default:
			return "?"
		}
	}
}

// called names what is called, without what is in square brackets; not ok for what can only be a type.
func called(node ast.Expr) (string, bool) {
	switch each := node.(type) {
	case *ast.Ident:
		return each.Name, true
	case *ast.SelectorExpr:
		name, ok := called(each.X)
		return name + "." + each.Sel.Name, ok
	case *ast.ParenExpr:
		inner := each.X
		if star, ok := inner.(*ast.StarExpr); ok {
			inner = star.X
		}
		switch inner.(type) {
		case *ast.IndexExpr, *ast.IndexListExpr:
			return "", false // (*T[int])(x) is a conversion
		}
		return called(each.X)
	case *ast.StarExpr:
		return called(each.X)
	case *ast.UnaryExpr:
		return called(each.X)
	case *ast.IndexExpr:
		return called(each.X)
	case *ast.IndexListExpr:
		return called(each.X)
	case *ast.TypeAssertExpr:
		name, ok := called(each.X)
		return name + ".()", ok
	case *ast.CallExpr:
		name, ok := called(each.Fun)
		return name + "()", ok
	case *ast.FuncLit:
		return "func", true
	}
	return "", false
}

func typeName(node ast.Expr) (string, bool) {
	switch each := node.(type) {
	case *ast.Ident:
		return each.Name, true
	case *ast.SelectorExpr:
		name, ok := typeName(each.X)
		return name + "." + each.Sel.Name, ok
	case *ast.IndexExpr:
		return typeName(each.X)
	case *ast.IndexListExpr:
		return typeName(each.X)
	}
	return "", false
}

func keys(literal *ast.CompositeLit) []string {
	found := []string{}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if name, ok := pair.Key.(*ast.Ident); ok {
				found = append(found, name.Name)
			}
		}
	}
	return found[:min(100, len(found))]
}
