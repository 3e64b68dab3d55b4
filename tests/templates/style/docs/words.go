package docs

import (
	"strings"
	"unicode"
)

// empty holds the stems of words that tell nothing by themselves: the grammar of
// a sentence, and what every doc comment says of every declaration.
var empty = stemsOf(`
	a all an and are as at be been being by can do does for from given has have if in into is it its may not of on
	one or some that the their them these this those to used using via was when where which who whose will with
	contain create current declare define describe func function get handle hold info instance interface method
	new object perform provide represent return set specify struct structure type value`)

func stemsOf(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[stem(word)] = true
	}
	return set
}

// isMeaningful tells whether a doc comment has at least one word that is
// neither empty nor a form of a word in the known identifiers. A reminder to
// write the comment is none.
func isMeaningful(doc string, known []string) bool {
	var stems []string
	for _, identifier := range known {
		for _, word := range words(identifier) {
			stems = append(stems, stem(word))
		}
	}
	found := words(doc)
	if len(found) > 0 && (found[0] == "todo" || found[0] == "fixme") {
		return false
	}
	for _, word := range found {
		if !empty[stem(word)] && !isForm(stem(word), stems) {
			return true
		}
	}
	return false
}

// words splits a text or an identifier into lower-case words: at what is no
// letter and no digit, at capitals within a word, and before the last of a row
// of capitals ("HTTPServer" is "http" and "server").
func words(text string) []string {
	var all []string
	runes := []rune(text)
	start := 0
	flush := func(end int) {
		if start < end {
			all = append(all, strings.ToLower(string(runes[start:end])))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
			start = i + 1
		case i > 0 && unicode.IsUpper(r) && !unicode.IsUpper(runes[i-1]):
			flush(i)
		case i > 0 && i+1 < len(runes) && unicode.IsUpper(r) && unicode.IsLower(runes[i+1]):
			flush(i)
		}
	}
	flush(len(runes))
	return all
}

// endings are cut from words, longest first, where three letters stay.
var endings = []string{"ing", "ers", "ors", "ies", "ion", "ed", "er", "or", "es", "s", "e", "y"}

// stem returns a word without a common ending, so that forms of one word are
// equal: "validates", "validator" and "validation" are all "validat".
func stem(word string) string {
	for _, ending := range endings {
		if cut, ok := strings.CutSuffix(word, ending); ok && len(cut) >= 3 {
			return cut
		}
	}
	return word
}

const shortened = 4 // letters that an abbreviation shares with its word, as "conf" and "addr" do

// isForm tells whether a stem is one of the known ones, or one is the
// beginning of the other.
func isForm(s string, known []string) bool {
	for _, k := range known {
		if s == k || min(len(s), len(k)) >= shortened && (strings.HasPrefix(s, k) || strings.HasPrefix(k, s)) {
			return true
		}
	}
	return false
}
