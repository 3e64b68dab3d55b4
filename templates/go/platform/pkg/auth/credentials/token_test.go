package credentials_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth/credentials"
)

func TestStaticToken(t *testing.T) {
	source, err := credentials.NewStaticToken("abc.def")
	require.NoError(t, err)
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "abc.def", token.Reveal())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", source, source, source), "abc")

	text, err := credentials.Text{Source: source}.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "abc", text[:3])

	_, err = credentials.NewStaticToken("abc\r\nX: y")
	require.ErrorContains(t, err, "not a bearer token")
	require.NotContains(t, err.Error(), "abc")
}

// replace puts content into the file at path as a rotation would.
func replace(t *testing.T, path, content string) {
	t.Helper()
	next := path + ".next"
	require.NoError(t, os.WriteFile(next, []byte(content), 0o600))
	require.NoError(t, os.Rename(next, path))
}

func TestFileTokenFollowsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	source := credentials.NewFileToken(path)
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)

	for _, want := range []string{"first", "other"} { // of one length, within one tick of the clock
		replace(t, path, want+"\n")
		for range 2 {
			got, err := source.Token(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got.Reveal())
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", source, source, source), want)
		}
	}
	require.NoError(t, os.Remove(path))
	_, err = source.Token(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist, "a token that was taken away is not used on")
}

func TestFileTokenFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "token")
	source := credentials.NewFileToken(link)
	for _, want := range []string{"one", "two"} {
		target := filepath.Join(dir, want)
		require.NoError(t, os.WriteFile(target, []byte(want), 0o600))
		require.NoError(t, os.Symlink(target, link+".next"))
		require.NoError(t, os.Rename(link+".next", link))
		got, err := source.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got.Reveal())
	}
}

func TestFileTokenRefusesWhatIsNoToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	source := credentials.NewFileToken(path)
	for name, content := range map[string]string{
		"empty": "", "indented": " abc", "two lines": "abc\ndef", "header": "abc\r\nX: y", "huge": strings.Repeat("a", 16<<10+1),
	} {
		replace(t, path, content)
		_, err := source.Token(t.Context())
		require.ErrorContains(t, err, "not a bearer token", name)
	}
	directory := credentials.NewFileToken(t.TempDir())
	_, err := directory.Token(t.Context())
	require.ErrorContains(t, err, "read token file")
}

func BenchmarkFileToken(b *testing.B) {
	path := filepath.Join(b.TempDir(), "token")
	require.NoError(b, os.WriteFile(path, []byte("abc"), 0o600))
	source := credentials.NewFileToken(path)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.Token(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
