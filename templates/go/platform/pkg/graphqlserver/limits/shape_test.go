package limits

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"pgregory.net/rapid"
)

// drawSelections writes selections that may spread the fragments from first on.
func drawSelections(t *rapid.T, depth, first, fragments int) string {
	text := "{"
	for range rapid.IntRange(1, 3).Draw(t, "selections") {
		kind := rapid.IntRange(0, 4).Draw(t, "kind")
		switch {
		case kind == 0 && first < fragments:
			text += fmt.Sprintf(" ...F%d", rapid.IntRange(first, fragments-1).Draw(t, "fragment"))
		case kind == 1 && depth > 0:
			text += " ... " + drawSelections(t, depth-1, first, fragments)
		case kind == 2 && depth > 0:
			text += " a " + drawSelections(t, depth-1, first, fragments)
		case kind == 3:
			text += " x: a"
		default:
			text += " a"
		}
	}
	return text + "}"
}

// expand takes the shape the slow way: by following every spread.
func expand(doc *ast.QueryDocument, set ast.SelectionSet) shape {
	var total shape
	names := map[string]bool{}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			inner := expand(doc, s.SelectionSet)
			inner.depth++
			inner.fields++
			if names[s.Alias] || s.Alias != s.Name {
				inner.aliases++
			}
			names[s.Alias] = true
			total = total.plus(inner)
		case *ast.InlineFragment:
			total = total.plus(expand(doc, s.SelectionSet))
		case *ast.FragmentSpread:
			total = total.plus(expand(doc, doc.Fragments.ForName(s.Name).SelectionSet))
		}
	}
	return total
}

// Measuring every fragment once gives what following every spread gives.
func TestShapesAreThoseOfTheExpandedDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fragments := rapid.IntRange(0, 4).Draw(t, "fragments")
		var text strings.Builder
		text.WriteString(drawSelections(t, 2, 0, fragments))
		for i := range fragments {
			fmt.Fprintf(&text, " fragment F%d on T %s", i, drawSelections(t, 2, i+1, fragments))
		}
		doc, err := parser.ParseQuery(&ast.Source{Input: text.String()})
		require.NoError(t, err)
		m := measurer{fragments: map[string]*ast.FragmentDefinition{}, shapes: map[string]shape{}}
		for _, fragment := range doc.Fragments {
			m.fragments[fragment.Name] = fragment
		}
		set := doc.Operations[0].SelectionSet
		require.Equal(t, expand(doc, set), m.selections(set), text.String())
		whole := shapeOf(doc)
		require.GreaterOrEqual(t, whole.fields, m.selections(set).fields, "unused fragments count, too")
	})
}

func BenchmarkShape(b *testing.B) {
	var text strings.Builder
	text.WriteString("query { ...F0 } fragment F29 on Query {a}")
	for i := range 29 {
		fmt.Fprintf(&text, " fragment F%d on Query {...F%d ...F%d}", i, i+1, i+1)
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: text.String()})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		require.Equal(b, 1<<29, shapeOf(doc).fields)
	}
}

func TestCostsOfListsCannotOverflow(t *testing.T) {
	require.Equal(t, 61, ListCost(20, 3))
	require.Equal(t, 1, ListCost(-5, 3))
	require.Positive(t, ListCost(math.MaxInt, math.MaxInt))
}
