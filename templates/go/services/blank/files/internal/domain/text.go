package domain

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Texts are kept in one form, so that what looks the same is the same: composed
// characters (Unicode NFC), and lines that end with a line feed. What cannot be
// seen is refused, not removed: nobody is to be told that something else was said
// than what is kept.

// oneLine returns text in the form that is kept, without spaces around it.
func oneLine(text string) string { return norm.NFC.String(strings.TrimSpace(text)) }

// multiLine returns text in the form that is kept.
func multiLine(text string) string {
	return norm.NFC.String(strings.ReplaceAll(text, "\r\n", "\n"))
}

// isHidden reports whether a character does something instead of being seen:
// control characters, and those that turn the direction of what follows (bidi
// embeddings, overrides and isolates), which make a text read differently than it
// is. Marks that languages need, such as joiners, are none.
func isHidden(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	default:
		return r == '\u2028' || r == '\u2029' // line and paragraph separators
	}
}

// isHiddenInLines is isHidden but for what parts lines and columns.
func isHiddenInLines(r rune) bool { return r != '\n' && r != '\t' && isHidden(r) }
