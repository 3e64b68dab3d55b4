package errorflow

import (
	"go/ast"
	"regexp"
	"strings"
	"unicode"

	"goldpath.local/style/source"
	"goldpath.local/style/table"
)

const longestPhrase = 8 // words

var (
	// noise begins phrases that say "error", which everybody knows who reads them.
	noise = regexp.MustCompile(`^(failed|failure|error|unable|cannot|could not|couldn't|can't)\b`)
	// pathLike is a phrase that names a place in the code: a slashed or camel-case
	// word alone, a dotted one with capitals as in "store.Reserve" (without, it is a
	// key of the configuration), or words joined as "Store - Get - pool.Query".
	pathLike = regexp.MustCompile(`^\S*(::|/)\S*$|^[\w*()]+\.[\w.*()]*[A-Z]\w*$|^\w*[a-z][A-Z]\w*$| - `)
)

// Phrases judges what fmt.Errorf says before the error that it wraps.
func Phrases(m *source.Module) table.Row {
	var findings []table.Finding
	for _, p := range m.Code() {
		t := newTracer(p)
		inspect(p, func(call *ast.CallExpr) {
			if callee := t.callee(call); callee == nil || callee.FullName() != "fmt.Errorf" {
				return
			}
			if fault := faultOf(t.text(call)); fault != "" {
				findings = append(findings, table.At(m, call.Pos(), "%q %s", t.text(call), fault))
			}
		})
	}
	return table.None("poor words around wrapped errors", findings)
}

// faultOf says what is wrong with a format that wraps an error, "" if nothing.
// An error that comes first is a sentinel with details behind it.
func faultOf(format string) string {
	phrase, after, wraps := strings.Cut(format, "%w")
	if !wraps || phrase == "" {
		return ""
	}
	phrase, colon := strings.CutSuffix(phrase, ": ")
	switch {
	case !colon:
		return "does not end in a colon before the error"
	case after != "" && !strings.Contains(after, "%w") && !strings.HasPrefix(after, "\n"):
		return "goes on behind the error"
	case noise.MatchString(phrase):
		return "says that it failed: say what was being done"
	case unicode.IsUpper(rune(phrase[0])) && !isInitialism(phrase):
		return "begins with a capital"
	case pathLike.MatchString(phrase):
		return "names a place in the code: say what was being done"
	case len(strings.Fields(phrase)) > longestPhrase:
		return "is long: use a short verb phrase"
	}
	return ""
}

// isInitialism tells whether a phrase begins with a word like HTTP.
func isInitialism(phrase string) bool {
	first, _, _ := strings.Cut(phrase, " ")
	return first == strings.ToUpper(first)
}
