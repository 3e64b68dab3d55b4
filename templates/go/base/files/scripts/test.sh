#!/bin/sh
# test.sh [flags]: runs all tests with these flags of go test. Packages that fail are
# shown in whole. What was not tested because something is missing here is named at
# the end; go test by itself says nothing about tests that were skipped.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/output"

awk '
	/NOT TESTED/ { skipped[substr($0, index($0, "NOT TESTED"))]++ }
	{ buffer = buffer $0 "\n" }
	/^(ok|FAIL|\?)[ \t]/ || /no test files/ { if (/^FAIL/) printf "%s", buffer; else print; buffer = ""; fflush() }
	END {
		printf "%s", buffer
		for (what in skipped) printf "%s (%d tests)\n", what, skipped[what]
	}' <"$work/output" &

if ! go test -v "$@" ./... >"$work/output" 2>&1; then
	wait
	exit 1
fi
wait
