// Package buildinfo tells which build is running.
package buildinfo

import "runtime/debug"

// version is set by the linker: -X <module>/pkg/buildinfo.version=v1.2.3.
var version string

// Info identifies a build in logs and metrics.
type Info struct {
	// Version is the released version, or "dev" for a build outside the release.
	Version string
	// Commit is the revision that was built, or "unknown" without VCS stamping.
	Commit string
	// Go is the version of the toolchain.
	Go string
}

// Read returns the facts that the linker and the toolchain left in the binary.
func Read() Info {
	info := Info{Version: version, Commit: "unknown", Go: "unknown"}
	if info.Version == "" {
		info.Version = "dev"
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		info.Go = build.GoVersion
		info.Commit = setting(build.Settings, "vcs.revision", info.Commit)
	}
	return info
}

func setting(settings []debug.BuildSetting, key, fallback string) string {
	for _, s := range settings {
		if s.Key == key {
			return s.Value
		}
	}
	return fallback
}
