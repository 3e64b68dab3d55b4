#!/bin/sh
# Tidies the fragments of go.mod and go.sum. With no arguments: the superset and
# all fragments. With names of fragments (base, redis, rest+jwt): these alone,
# with the versions that the superset has; a new name makes a new fragment.
# Needs Go with network or a warm module cache, and the portal's virtual
# environment. Versions are changed by editing superset.mod first.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The toolchain line of the fragments is for services, not for this script.
export GOTOOLCHAIN=local

# tidy CAPABILITIES FRAGMENT: starts from the superset, keeps what the set needs.
tidy() {
	"$root/.venv/bin/python" "$root/manage.py" templates compose go-blank-service "$work/$2" --with "$1" >/dev/null
	cp "$here/superset.mod" "$work/$2/go.mod"
	cp "$here/superset.sum" "$work/$2/go.sum"
	(cd "$work/$2" && go mod tidy)
	cp "$work/$2/go.mod" "$here/$2.mod"
	cp "$work/$2/go.sum" "$here/$2.sum"
}

if [ $# -eq 0 ]; then
	tidy "$(ls "$here/../capabilities" | paste -sd, -)" superset
	set -- $(cd "$here" && ls ./*.mod | sed 's|^\./||; s|\.mod$||' | grep -v '^superset$')
fi
for name in "$@"; do
	# The base stands for no capability; parts of a condition that say "no-" are not chosen.
	tidy "$(echo "$name" | tr + '\n' | grep -v -e '^no-' -e '^base$' | paste -sd, -)" "$name"
done
