package component

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/app"
)

func TestRotateKeysSaysHowManyTasksItRotated(t *testing.T) {
	prepare(t)
	var log bytes.Buffer
	require.Zero(t, app.Main(t.Context(), []string{"rotate-keys"}, &log, os.Stderr))
	require.Contains(t, log.String(), `"tasks":0`)
	t.Setenv("APP_POSTGRES_DSN", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	require.Equal(t, 1, app.Main(t.Context(), []string{"rotate-keys"}, io.Discard, io.Discard))
}
