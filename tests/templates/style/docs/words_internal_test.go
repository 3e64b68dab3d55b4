package docs

import (
	"slices"
	"testing"
)

func TestWordsOfIdentifiersAndSentences(t *testing.T) {
	tests := map[string][]string{
		"":                        nil,
		"HTTPServer":              {"http", "server"},
		"newTaskID":               {"new", "task", "id"},
		"A page, at most 2 long.": {"a", "page", "at", "most", "2", "long"},
		"snake_case":              {"snake", "case"},
		"größe":                   {"größe"},
		"X509Key":                 {"x509", "key"},
	}
	for text, want := range tests {
		if got := words(text); !slices.Equal(got, want) {
			t.Errorf("words of %q: got %q, want %q", text, got, want)
		}
	}
}

func TestFormsOfOneWordHaveOneStem(t *testing.T) {
	for _, forms := range [][]string{
		{"validate", "validates", "validated", "validating", "validator", "validation"},
		{"task", "tasks"},
		{"query", "queries"},
		{"store", "stores", "stored", "storing"},
		{"handle", "handler"},
	} {
		for _, form := range forms {
			if stem(form) != stem(forms[0]) {
				t.Errorf("%s is %s, %s is %s", form, stem(form), forms[0], stem(forms[0]))
			}
		}
	}
	for _, word := range []string{"id", "bus", "one"} {
		if stem(word) != word {
			t.Errorf("%s became %s", word, stem(word))
		}
	}
}

func TestMeaning(t *testing.T) {
	tests := map[string]struct {
		doc   string
		known []string
		want  bool
	}{
		"a unit":                {"Limit is in bytes.", []string{"Limit"}, true},
		"a condition":           {"Get returns ErrGone after Close.", []string{"Get"}, true},
		"the contract it meets": {"String implements fmt.Stringer.", []string{"String"}, true},
		"the name":              {"Limit is the limit.", []string{"Limit"}, false},
		"the words of the name": {"TaskLimit is the limit of tasks.", []string{"TaskLimit"}, false},
		"an abbreviation":       {"Addr returns the address.", []string{"Addr"}, false},
		"the receiver":          {"Close closes the store.", []string{"Close", "s", "Store"}, false},
		"a reminder":            {"FIXME: explain the wire format", []string{"Frame"}, false},
		"nothing":               {"", []string{"Frame"}, false},
	}
	for name, tc := range tests {
		if got := isMeaningful(tc.doc, tc.known); got != tc.want {
			t.Errorf("%s: %q is meaningful: %t", name, tc.doc, got)
		}
	}
}
