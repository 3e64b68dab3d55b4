package limits

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// most keeps sums of shapes from overflowing.
const most = 1 << 30

// shape is the size of what a selection asks for, with every spread of a fragment
// counted as if its fields stood there.
type shape struct {
	depth       int  // of nested fields, introspection left out
	fields      int  // all of them
	aliases     int  // fields with another name, or repeated in one place
	introspects bool // asks for the schema
}

// plus returns the shape of two selections side by side.
func (s shape) plus(other shape) shape {
	return shape{
		depth:       max(s.depth, other.depth),
		fields:      min(s.fields+other.fields, most),
		aliases:     min(s.aliases+other.aliases, most),
		introspects: s.introspects || other.introspects,
	}
}

// measurer takes the shape of every fragment once, so its work grows with the
// length of the document, not with what it stands for.
type measurer struct {
	fragments map[string]*ast.FragmentDefinition
	shapes    map[string]shape // what was measured; a fragment within itself counts as nothing
}

// shapeOf returns the shape of all operations and unused fragments of a document
// that is parsed but not validated.
func shapeOf(doc *ast.QueryDocument) shape {
	m := measurer{fragments: map[string]*ast.FragmentDefinition{}, shapes: map[string]shape{}}
	for _, fragment := range doc.Fragments {
		m.fragments[fragment.Name] = fragment
	}
	var total shape
	for _, operation := range doc.Operations {
		total = total.plus(m.selections(operation.SelectionSet))
	}
	for _, fragment := range doc.Fragments {
		if _, used := m.shapes[fragment.Name]; !used {
			total = total.plus(m.fragment(fragment.Name))
		}
	}
	return total
}

func (m *measurer) selections(set ast.SelectionSet) shape {
	var total shape
	names := map[string]bool{}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			total = total.plus(m.field(s, names[s.Alias]))
			names[s.Alias] = true
		case *ast.InlineFragment:
			total = total.plus(m.selections(s.SelectionSet))
		case *ast.FragmentSpread:
			total = total.plus(m.fragment(s.Name))
		}
	}
	return total
}

func (m *measurer) field(field *ast.Field, repeated bool) shape {
	inner := m.selections(field.SelectionSet)
	switch {
	case field.Name == "__schema" || field.Name == "__type":
		inner.introspects = true
		inner.depth = 1 // bounded by a rule of validation
	case !strings.HasPrefix(field.Name, "__"):
		inner.depth++
	}
	if repeated || field.Alias != field.Name {
		inner.aliases++
	}
	inner.fields++
	return inner
}

func (m *measurer) fragment(name string) shape {
	known, ok := m.shapes[name]
	definition := m.fragments[name]
	if ok || definition == nil {
		return known
	}
	m.shapes[name] = shape{}
	measured := m.selections(definition.SelectionSet)
	m.shapes[name] = measured
	return measured
}
