// Package credentials shows tokens of this service to the services that it
// calls.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/config"
)

// maxTokenFile bounds what is read as a token, in bytes.
const maxTokenFile = 16 << 10

var errNotToken = errors.New("not a bearer token")

// Source gives the token that this service shows to the services that it
// calls. It is asked for every call, must be quick, and is safe for concurrent
// use. The token is a config.Secret so that it cannot slip into a log.
type Source interface {
	Token(ctx context.Context) (config.Secret, error)
}

// Text gives the token of a source as text, which clients of other modules ask for.
type Text struct{ Source }

// Token returns the token. Whoever gets it must not log it.
func (t Text) Token(ctx context.Context) (string, error) {
	token, err := t.Source.Token(ctx)
	return token.Reveal(), err
}

// staticToken embeds its token to be printed as it is: masked.
type staticToken struct{ config.Secret }

// NewStaticToken returns a source of always the same token, for tests and tools.
func NewStaticToken(token config.Secret) (Source, error) {
	if !isToken(token.Reveal()) {
		return nil, errNotToken
	}
	return staticToken{token}, nil
}

// Token returns the token.
func (s staticToken) Token(context.Context) (config.Secret, error) { return s.Secret, nil }

// isToken reports whether text is a token as a header may hold it.
func isToken(text string) bool {
	token, err := auth.BearerToken("Bearer " + text)
	return err == nil && token == text
}

// FileToken is a source that reads a file which something else keeps fresh, such
// as a projected service account token. The file must be replaced by a rename or
// a link, never written in place.
type FileToken struct {
	path string

	mu   sync.Mutex
	last *readToken // nil before the first; a pointer, so that fmt does not print it
}

// readToken is a token and the facts about the very file that it came from.
type readToken struct {
	token config.Secret
	file  os.FileInfo
}

// NewFileToken returns a source that reads path when it is first asked, and
// again whenever the file is another one.
func NewFileToken(path string) *FileToken { return &FileToken{path: path} }

// Token returns the token in the file as it is now. A file that is missing or
// holds no token is an error, even if there was a good one before.
func (f *FileToken) Token(context.Context) (config.Secret, error) {
	now, err := os.Stat(f.path)
	if err != nil {
		return "", fmt.Errorf("find token file: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last != nil && unchanged(f.last.file, now) {
		return f.last.token, nil
	}
	read, err := readTokenFile(f.path)
	if err != nil {
		return "", fmt.Errorf("read token file: %w", err)
	}
	f.last = &read
	return read.token, nil
}

func unchanged(before, now os.FileInfo) bool {
	return os.SameFile(before, now) && before.ModTime().Equal(now.ModTime()) && before.Size() == now.Size()
}

func readTokenFile(path string) (readToken, error) {
	file, err := os.Open(path) //nolint:gosec // the operator chooses the path
	if err != nil {
		return readToken{}, err
	}
	defer func() { _ = file.Close() }()
	facts, err := file.Stat()
	if err != nil {
		return readToken{}, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
	if err != nil {
		return readToken{}, err
	}
	token := strings.TrimRight(string(content), "\r\n")
	if len(content) > maxTokenFile || !isToken(token) {
		return readToken{}, errNotToken
	}
	return readToken{config.Secret(token), facts}, nil
}
