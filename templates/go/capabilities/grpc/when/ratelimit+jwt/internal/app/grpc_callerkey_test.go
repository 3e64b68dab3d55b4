package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/auth"
)

func TestCallersAreKnownByTheirName(t *testing.T) {
	ctx := auth.NewContext(from(t.Context(), "192.0.2.1:1234"), auth.Principal{Subject: "alice"})
	require.Equal(t, "caller:alice", callerKey(ctx))
}
