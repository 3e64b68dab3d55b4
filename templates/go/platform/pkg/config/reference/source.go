package reference

import (
	"bufio"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Source finds the comments on fields in the source code of one module.
type Source struct {
	files  fs.FS
	module string
	// comments are those of the packages that were looked at, by package path,
	// then type and field with a dot between them.
	comments map[string]map[string]string
}

// NewSource reads the module whose go.mod lies at the root of files, usually
// os.DirFS of the top folder of a service.
func NewSource(files fs.FS) (*Source, error) {
	file, err := files.Open("go.mod")
	if err != nil {
		return nil, fmt.Errorf("read source: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if module, ok := strings.CutPrefix(lines.Text(), "module "); ok {
			return &Source{files, strings.TrimSpace(module), map[string]map[string]string{}}, nil
		}
	}
	return nil, errors.New("read source: go.mod names no module")
}

// Explain fills in the comments. A setting whose field has none, or is declared
// outside of the module, is an error: nobody could know what it does.
func (s *Source) Explain(sections []Section) error {
	for i := range sections {
		section := &sections[i]
		if section.Name != "" {
			doc, err := s.comment(section.field)
			if err != nil {
				return fmt.Errorf("explain %s: %w", section.Name, err)
			}
			section.Doc = doc
		}
		for j := range section.Settings {
			setting := &section.Settings[j]
			doc, err := s.comment(setting.field)
			if err != nil {
				return fmt.Errorf("explain %s: %w", setting.Key, err)
			}
			setting.Doc = doc
		}
	}
	return nil
}

func (s *Source) comment(f field) (string, error) {
	comments, err := s.packageComments(f.owner.PkgPath())
	if err != nil {
		return "", err
	}
	doc := comments[f.owner.Name()+"."+f.name]
	if doc == "" {
		return "", fmt.Errorf("the field %s.%s has no comment", f.owner, f.name)
	}
	return forOperators(doc, f), nil
}

// packageComments returns the comments of one package and remembers them.
func (s *Source) packageComments(pkg string) (map[string]string, error) {
	if known, ok := s.comments[pkg]; ok {
		return known, nil
	}
	folder, ok := strings.CutPrefix(pkg, s.module+"/")
	if !ok {
		return nil, fmt.Errorf("the package %q does not belong to the module %s", pkg, s.module)
	}
	names, err := fs.Glob(s.files, path.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		return nil, errors.Join(fmt.Errorf("find source of %s", pkg), err)
	}
	comments := map[string]string{}
	for _, name := range names {
		if err := s.read(name, comments); err != nil {
			return nil, err
		}
	}
	s.comments[pkg] = comments
	return comments, nil
}

func (s *Source) read(name string, comments map[string]string) error {
	content, err := fs.ReadFile(s.files, name)
	if err != nil {
		return fmt.Errorf("read source: %w", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("read source: %w", err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.TypeSpec); ok {
			if declared, ok := spec.Type.(*ast.StructType); ok {
				addComments(spec.Name.Name, declared, comments)
			}
		}
		return true
	})
	return nil
}

// addComments finds the comments of fields. One that names fields that follow
// belongs to them too: "MinLimit and MaxLimit are never passed."
func addComments(owner string, declared *ast.StructType, comments map[string]string) {
	shared := ""
	for _, f := range declared.Fields.List {
		doc := f.Doc.Text()
		if doc == "" {
			doc = f.Comment.Text()
		}
		for _, name := range f.Names {
			if doc == "" && slices.Contains(strings.Fields(shared), name.Name) {
				doc = shared
			}
			comments[owner+"."+name.Name] = strings.Join(strings.Fields(doc), " ")
		}
		shared = doc
	}
}

var (
	camelCase = regexp.MustCompile(`\b[A-Z]+[a-z0-9]+[A-Z][A-Za-z0-9]*\b`)
	docLink   = regexp.MustCompile(`\[([\w.]+)\]`)
)

// forOperators writes the names of fields as they are in keys: that of the field
// itself at the beginning, and all others that are no plain words.
// Links to other Go code, which lead nowhere here, become plain text.
func forOperators(doc string, f field) string {
	doc = docLink.ReplaceAllString(doc, "$1")
	if rest, ok := strings.CutPrefix(doc, f.name+" "); ok {
		doc = "`" + f.key + "` " + rest
	}
	return camelCase.ReplaceAllStringFunc(doc, func(word string) string {
		key := neighbour(f.owner, word)
		// The section GraphQL may speak of GraphQL; MaxBytes is never a plain word.
		if key != "" && (word != f.name || strings.Contains(key, "_")) {
			return "`" + key + "`"
		}
		return word
	})
}

// neighbour returns the key of the field of that name, or "".
func neighbour(owner reflect.Type, name string) string {
	other, ok := owner.FieldByName(name)
	if !ok {
		return ""
	}
	key, _, _ := strings.Cut(other.Tag.Get("mapstructure"), ",")
	return key
}
