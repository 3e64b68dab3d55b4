package buildinfo

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadNamesTheToolchainAndFallsBackToDev(t *testing.T) {
	info := Read()
	require.Equal(t, runtime.Version(), info.Go)
	require.Equal(t, "dev", info.Version)
	require.NotEmpty(t, info.Commit)
}

func TestReadPrefersTheLinkedVersion(t *testing.T) {
	version = "v1.2.3"
	t.Cleanup(func() { version = "" })
	require.Equal(t, "v1.2.3", Read().Version)
}

func TestSettingFindsTheRevision(t *testing.T) {
	settings := []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "vcs.revision", Value: "abc"}}
	require.Equal(t, "abc", setting(settings, "vcs.revision", "unknown"))
	require.Equal(t, "unknown", setting(nil, "vcs.revision", "unknown"))
}
