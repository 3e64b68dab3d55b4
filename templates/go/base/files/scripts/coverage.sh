#!/bin/sh
# coverage.sh [minimum]: runs all tests with the race detector and fails when
# they cover less than minimum percent of the hand-written statements.
#
# Generated code (*.gen.go, *.pb.go) and packages that only support tests (*test) do not
# count. Where a dependency is missing, tests skip and print NOT TESTED: the
# packages of those tests do not count either, and are named. CI sets
# TEST_REQUIRE_DEPS=1, which forbids such skips, so there everything counts.
set -eu

minimum=${1:-90}
profile=coverage.out
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The race detector needs a C compiler; CI has one.
race=-race
if ! command -v "${CC:-cc}" >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1; then
	echo "no C compiler: data races are not looked for" >&2
	race=
fi

if ! go test -v $race -shuffle=on -coverpkg=./... -coverprofile="$profile" ./... >"$log" 2>&1; then
	# Of every package that failed, and of no other, the whole output.
	awk '{ buffer = buffer $0 "\n" } /^(ok|FAIL|\?)[ \t]/ || /no test files/ { if (/^FAIL/) printf "%s", buffer; buffer = "" }' "$log"
	exit 1
fi

skipped=$(awk '/NOT TESTED/ { hit = 1 } /^(ok|FAIL)[ \t]/ { if (hit) print $2; hit = 0 }' "$log")
for package in $skipped; do
	echo "not counted, a dependency is missing: $package"
done

awk -v minimum="$minimum" -v skipped="$skipped" '
	BEGIN { split(skipped, list); for (i in list) left_out[list[i]] = 1 }
	/^mode:/ || /\.(gen|pb)\.go:/ { next }
	{
		package = $1
		sub(/\/[^\/]*$/, "", package)
		if (package in left_out || package ~ /test$/) next
		statements[$1] = $2
		if ($3 > 0) covered[$1] = 1
	}
	END {
		for (block in statements) {
			total += statements[block]
			if (block in covered) hits += statements[block]
			else missed[substr(block, 1, index(block, ":") - 1)] += statements[block]
		}
		for (file in missed) printf "%4d statements not covered in %s\n", missed[file], file | "sort -rn | head -n 10"
		close("sort -rn | head -n 10")
		if (!total) { print "nothing was measured"; exit 1 }
		percent = 100 * hits / total
		printf "%d hand-written statements, at least %s %% must be covered, covered are %.1f %%\n", total, minimum, percent
		exit (percent < minimum)
	}' "$profile"
