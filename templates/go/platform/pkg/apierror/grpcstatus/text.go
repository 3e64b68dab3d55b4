package grpcstatus

import (
	"strings"
	"unicode/utf8"
)

// text returns s as protobuf can carry it: valid UTF-8, and not too long.
func text(s string) string {
	if len(s) > maxText {
		end := maxText
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// constant spells the name of a code as reasons are spelled: NotFound is
// NOT_FOUND.
func constant(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && 'A' <= r && r <= 'Z' && name[i-1] >= 'a' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}
