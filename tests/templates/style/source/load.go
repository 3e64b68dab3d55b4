package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// listed is what go list says of one package.
type listed struct {
	ImportPath   string
	Dir          string
	Name         string
	Export       string
	DepOnly      bool
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

const listedFields = "-json=ImportPath,Dir,Name,Export,DepOnly,GoFiles,TestGoFiles,XTestGoFiles"

// Load reads the packages of the module in dir, leaving out nested modules. It
// asks the go command of the PATH, which compiles what is not in its cache:
// code that does not build is an error.
func Load(ctx context.Context, dir string) (*Module, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find module: %w", err)
	}
	packages, err := list(ctx, root)
	if err != nil {
		return nil, err
	}
	l := loader{root: root, fset: token.NewFileSet(), exports: map[string]string{}}
	for _, p := range packages {
		l.exports[p.ImportPath] = p.Export
	}
	module := &Module{Fset: l.fset}
	for _, p := range packages {
		if p.DepOnly {
			continue
		}
		loaded, err := l.load(p)
		if err != nil {
			return nil, fmt.Errorf("read package %s: %w", p.ImportPath, err)
		}
		module.Packages = append(module.Packages, loaded)
	}
	slices.SortFunc(module.Packages, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return module, nil
}

func list(ctx context.Context, root string) ([]listed, error) {
	command := exec.CommandContext(ctx, "go", "list", "-export", "-deps", listedFields, "./...")
	command.Dir = root
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("list packages: %w\n%s", err, stderr.Bytes())
	}
	var packages []listed
	decoder := json.NewDecoder(&stdout)
	for decoder.More() {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			return nil, fmt.Errorf("decode list of packages: %w", err)
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// loader parses and checks packages against the compiled form of what they import.
type loader struct {
	root    string
	fset    *token.FileSet
	exports map[string]string
}

func (l *loader) load(p listed) (*Package, error) {
	dir, err := filepath.Rel(l.root, p.Dir)
	if err != nil {
		return nil, fmt.Errorf("locate package: %w", err)
	}
	loaded := &Package{Path: p.ImportPath, Dir: filepath.ToSlash(dir), Name: p.Name}
	var all []*ast.File
	for _, name := range p.GoFiles {
		syntax, err := l.add(&loaded.Files, p.Dir, name)
		if err != nil {
			return nil, err
		}
		all = append(all, syntax)
	}
	for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		if _, err := l.add(&loaded.Tests, p.Dir, name); err != nil {
			return nil, err
		}
	}
	return loaded, l.check(loaded, all)
}

// add parses a file, and appends it to files unless a tool wrote it.
func (l *loader) add(files *[]*File, dir, name string) (*ast.File, error) {
	path := filepath.Join(dir, name)
	content, err := os.ReadFile(path) //nolint:gosec // go list names the files of the module
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	relative, err := filepath.Rel(l.root, path)
	if err != nil {
		return nil, fmt.Errorf("locate file: %w", err)
	}
	relative = filepath.ToSlash(relative)
	syntax, err := parser.ParseFile(l.fset, relative, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse file: %w", err)
	}
	if !ast.IsGenerated(syntax) {
		*files = append(*files, newFile(l.fset, relative, content, syntax))
	}
	return syntax, nil
}

func (l *loader) check(p *Package, files []*ast.File) error {
	p.Info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}
	config := types.Config{Importer: importer.ForCompiler(l.fset, "gc", l.open)}
	checked, err := config.Check(p.Path, l.fset, files, p.Info)
	if err != nil {
		return fmt.Errorf("check types: %w", err)
	}
	p.Types = checked
	return nil
}

func (l *loader) open(path string) (io.ReadCloser, error) {
	export := l.exports[path]
	if export == "" {
		return nil, errors.New("there is no compiled form of " + path)
	}
	return os.Open(export) //nolint:gosec // go list names it
}
