package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// answering is an API that answers with a status, and only after delay.
func answering(t *testing.T, status int, delay time.Duration) api {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "answer")
	}))
	t.Cleanup(server.Close)
	return api{
		name: "fake",
		prepare: func(context.Context, settings) ([]vegeta.Target, error) {
			return roundOf(vegeta.Target{Method: http.MethodGet, URL: server.URL}, post(settings{}, server.URL, "text/plain", nil)), nil
		},
		failure: func(*vegeta.Result) string { return "" },
		options: func(settings) []func(*vegeta.Attacker) { return nil },
	}
}

func settingsOf(t *testing.T, args ...string) settings {
	t.Helper()
	s, err := parse(append([]string{"-rate", "100", "-duration", "200ms", "-token", "secret", "-p99", "5s"}, args...), io.Discard)
	require.NoError(t, err)
	return s
}

func TestAnAPIIsJudgedByItsAnswers(t *testing.T) {
	broken := answering(t, http.StatusOK, 0)
	broken.prepare = func(context.Context, settings) ([]vegeta.Target, error) { return nil, errors.New("nobody is there") }
	lying := answering(t, http.StatusOK, 0)
	lying.failure = func(r *vegeta.Result) string { return "not an " + string(r.Body) }
	for want, tc := range map[string]struct {
		api  api
		args []string
	}{
		"":                          {answering(t, http.StatusOK, 0), nil},
		"p99 is":                    {answering(t, http.StatusOK, 20*time.Millisecond), []string{"-p99", "10ms"}},
		"500 Internal Server Error": {answering(t, http.StatusInternalServerError, 0), nil},
		"not an answer":             {lying, nil},
		"nobody is there":           {broken, nil},
	} {
		var out strings.Builder
		err := try(t.Context(), tc.api, settingsOf(t, tc.args...), &out)
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		require.Contains(t, out.String(), "Success       [ratio]                           100.00%")
	}
}

func TestAnInterruptEndsTheLoad(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	require.NoError(t, try(ctx, answering(t, http.StatusOK, 0), settingsOf(t, "-duration", "1h"), io.Discard))
	require.Less(t, time.Since(begin), time.Minute)
}

func TestWhatCannotBeAskedForIsRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"must be positive":    {"-rate", "0"},
		"flag provided":       {"-nonsense"},
		`there is no API "x"`: {"-api", "x"},
	} {
		require.ErrorContains(t, run(t.Context(), args, io.Discard), want)
	}
}

func TestEveryAPIIsLoadedUnlessOneIsChosen(t *testing.T) {
	all, err := choose(apis(), "")
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, a := range all {
		one, err := choose(apis(), a.name)
		require.NoError(t, err)
		require.Len(t, one, 1)
	}
	// Nobody listens there, so that each of them fails and says whose failure it is.
	nowhere := "http://127.0.0.1:1"
	var args []string
	//% if cookiecutter.http == "yes"
	args = append(args, "-url", nowhere)
	//% endif
	//% if cookiecutter.grpc == "yes"
	args = append(args, "-grpc-url", nowhere)
	//% endif
	err = run(t.Context(), args, io.Discard)
	for _, a := range all {
		require.ErrorContains(t, err, a.name+": create task")
	}
}
