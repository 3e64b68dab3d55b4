package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// runMain makes the test binary behave as the server.
const runMain = "TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

func server(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), runMain+"=1", "APP_ADMIN_ADDR=127.0.0.1:0")
	//% if cookiecutter.http == "yes"
	cmd.Env = append(cmd.Env, "APP_HTTP_ADDR=127.0.0.1:0")
	//% endif
	//% if cookiecutter.grpc == "yes"
	cmd.Env = append(cmd.Env, "APP_GRPC_ADDR=127.0.0.1:0")
	//% endif
	cmd.Stderr = os.Stderr
	return cmd
}

// The process serves until SIGTERM, then ends by itself with code 0.
func TestSIGTERMEndsTheProcessCleanly(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := server(ctx)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	var states []string
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		_, state, found := strings.Cut(lines.Text(), `"state":"`)
		if !found {
			continue
		}
		state, _, _ = strings.Cut(state, `"`)
		states = append(states, state)
		if state == "running" {
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		}
	}
	require.NoError(t, cmd.Wait())
	require.Equal(t, []string{"starting", "running", "draining", "stopping", "stopped"}, states)
}

func TestExitCodes(t *testing.T) {
	require.NoError(t, server(t.Context(), "version").Run())
	var exit *exec.ExitError
	require.ErrorAs(t, server(t.Context(), "unknown").Run(), &exit)
	require.Equal(t, 2, exit.ExitCode())
}
