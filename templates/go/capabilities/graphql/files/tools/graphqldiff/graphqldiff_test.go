package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const base = `
	type Query { a(x: Int, y: Int! = 1): String, b: [T!]!, n: Named, u: U }
	type T implements Named { name: String! }
	type O { o: Int }
	interface Named { name: String! }
	union U = T | O
	enum E { ONE TWO }
	input I { r: Int!, o: [Int!], d: Int! = 1 }
	type Mutation { do(i: I!, e: E): Boolean }
	scalar Time
`

func TestWhatBreaksClients(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"a type":                    {"scalar Time", "", "Time was removed"},
		"the kind of a type":        {"scalar Time", "enum Time { NOW }", "Time is ENUM, no longer SCALAR"},
		"mutations":                 {"type Mutation { do(i: I!, e: E): Boolean }", "", "Mutation was removed"},
		"a field":                   {"o: Int }", "p: Int }", "O.o was removed"},
		"null where was none":       {"b: [T!]!", "b: [T!]", "Query.b is [T!], no longer [T!]!"},
		"null in a list":            {"b: [T!]!", "b: [T]!", "Query.b is [T]!, no longer [T!]!"},
		"no list":                   {"b: [T!]!", "b: T!", "Query.b is T!, no longer [T!]!"},
		"another type":              {"o: Int }", "o: String }", "O.o is String, no longer Int"},
		"an argument":               {"a(x: Int, ", "a(", "Query.a(x:) was removed"},
		"a required argument":       {"a(x: Int, ", "a(x: Int, z: Int!, ", "Query.a(z:) is new and required"},
		"an argument that must be":  {"a(x: Int, ", "a(x: Int!, ", "Query.a(x:) is Int!, no longer Int"},
		"a default":                 {"y: Int! = 1", "y: Int!", "Query.a(y:) is required"},
		"an input":                  {"r: Int!, ", "", "I.r was removed"},
		"a required input":          {"r: Int!, ", "r: Int!, s: Int!, ", "I.s is new and required"},
		"an input that must be":     {"o: [Int!],", "o: [Int!]!,", "I.o is [Int!]!, no longer [Int!]"},
		"an input that is a list":   {"r: Int!", "r: [Int]!", "I.r is [Int]!, no longer Int!"},
		"the default of an input":   {"d: Int! = 1", "d: Int!", "I.d is required"},
		"a value":                   {"ONE TWO", "ONE", "E.TWO was removed"},
		"an implementation":         {"T implements Named", "T", "T no longer implements Named"},
		"a member":                  {"T | O", "T", "U no longer holds O"},
		"nothing: a new field":      {"o: Int }", "o: Int, p: Int! }", ""},
		"nothing: never null":       {"o: Int }", "o: Int! }", ""},
		"nothing: optional":         {"a(x: Int, ", "a(x: Int, z: Int! = 2, ", ""},
		"nothing: need not be":      {"r: Int!, ", "r: Int, ", ""},
		"nothing: may be null":      {"o: [Int!],", "o: [Int],", ""},
		"nothing: a new value":      {"ONE TWO", "ONE TWO THREE", ""},
		"nothing: a new type":       {"scalar Time", "scalar Time scalar Date", ""},
		"nothing: another default":  {"y: Int! = 1", "y: Int! = 2", ""},
		"nothing: no longer needed": {"do(i: I!,", "do(i: I,", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, base, tc.old)
			was := gqlparser.MustLoadSchema(&ast.Source{Input: base})
			is := gqlparser.MustLoadSchema(&ast.Source{Input: strings.Replace(base, tc.old, tc.new, 1)})
			require.Equal(t, tc.want, strings.Join(breakingChanges(was, is), "; "))
			require.Empty(t, breakingChanges(is, is))
		})
	}
}

// repository is a schema in a folder, and another one in the answers of git.
func repository(t *testing.T, now, before, accepted string) (string, runner) {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, schemaFolder)
	require.NoError(t, os.MkdirAll(folder, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "schema.graphqls"), []byte(now), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, acceptedFile), []byte(accepted), 0o600))
	return root, func(_ context.Context, args ...string) (string, error) {
		switch {
		case args[len(args)-1] == "missing:"+schemaFolder+"/schema.graphqls" || args[len(args)-2] == "unknown":
			return "", errors.New("git: no such revision")
		case args[0] == "show":
			return before, nil
		case before == "":
			return schemaFolder + "/README.md\n", nil
		default:
			return schemaFolder + "/README.md\n" + schemaFolder + "/schema.graphqls\n", nil
		}
	}
}

func TestBreakingChangesFail(t *testing.T) {
	changed := strings.Replace(base, "ONE TWO", "ONE", 1)
	tests := map[string]struct{ now, before, accepted, revision, out, err string }{
		"broken":       {changed, base, "", "main", "E.TWO was removed\n", "1 breaking changes"},
		"agreed on":    {changed, base, "What was agreed on:\nE.TWO was removed\n", "main", "", ""},
		"unchanged":    {base, base, "", "main", "", ""},
		"new":          {base, "", "", "main", "there is no schema at main\n", ""},
		"no revision":  {base, base, "", "unknown", "", "no such revision"},
		"no file":      {base, base, "", "missing", "", "no such revision"},
		"wrong":        {"type", base, "", "main", "", "parse schema"},
		"wrong before": {base, "type", "", "main", "", "parse former schema"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			root, git := repository(t, tc.now, tc.before, tc.accepted)
			var out bytes.Buffer
			err := run(t.Context(), &out, root, git, tc.revision)
			require.Equal(t, tc.out, out.String())
			if tc.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.err)
		})
	}
}

func TestAMissingListOfAcceptedChangesIsAnError(t *testing.T) {
	root, git := repository(t, base, base, "")
	require.NoError(t, os.Remove(filepath.Join(root, acceptedFile)))
	require.ErrorIs(t, run(t.Context(), &bytes.Buffer{}, root, git, "main"), os.ErrNotExist)
}

func TestGitIsAskedForRevisions(t *testing.T) {
	_, err := git(t.Context(), "rev-parse", "--verify", "no-such-revision-anywhere")
	require.Error(t, err)
}
