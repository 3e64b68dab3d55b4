package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldpath.local/load/attack"
	"goldpath.local/load/peers"
)

func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "urls")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAttackPrintsItsFigures(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-One") != "1" || r.Header.Get("X-Two") != "2: two" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	var out strings.Builder
	args := []string{"attack", "-rate", "100", "-duration", "100ms", "-header", "X-One: 1", "-header", "X-Two:2: two"}
	if err := run(t.Context(), append(args, written(t, server.URL+"/a\n\n "+server.URL+"/b\n")), nil, &out); err != nil {
		t.Fatal(err)
	}
	var figures attack.Figures
	if err := json.Unmarshal([]byte(out.String()), &figures); err != nil {
		t.Fatal(err)
	}
	if figures.Requests == 0 || figures.Failures != 0 {
		t.Errorf("got %s", out.String())
	}
}

func TestPeersEndWithTheirInput(t *testing.T) {
	input, closeInput := io.Pipe()
	output, printed := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), []string{"peers", "-audience", "x"}, input, printed) }()
	var description peers.Description
	if err := json.NewDecoder(output).Decode(&description); err != nil || description.Token == "" {
		t.Errorf("got %+v, %v", description, err)
	}
	_ = closeInput.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWrongCallsAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"usage":            nil,
		"no command":       {"defend"},
		"a header is":      {"attack", "-header", "nothing", written(t, "http://127.0.0.1\n")},
		"-loud":            {"peers", "-loud"},
		"open URLs":        {"attack", "no/such/file"},
		"there are no URL": {"attack", written(t, "\n")},
	} {
		err := run(t.Context(), args, strings.NewReader(""), io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", args, err, want)
		}
	}
}
