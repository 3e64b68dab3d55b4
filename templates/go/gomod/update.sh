#!/bin/sh
# Tidies the go.mod and go.sum of every set of capabilities that a fragment is
# kept for. Needs Go with network or a warm module cache, and the portal's
# virtual environment. Versions are changed by editing superset.mod first.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
capabilities=$(ls "$here/../capabilities")
# The toolchain line of the fragments is for services, not for this script.
export GOTOOLCHAIN=local

# tidy SET FRAGMENT: starts from the superset, keeps what the set needs.
tidy() {
	"$root/.venv/bin/python" "$root/manage.py" templates compose go-blank-service "$work/$2" --with "$1" >/dev/null
	cp "$here/superset.mod" "$work/$2/go.mod"
	cp "$here/superset.sum" "$work/$2/go.sum"
	(cd "$work/$2" && go mod tidy)
	cp "$work/$2/go.mod" "$here/$2.mod"
	cp "$work/$2/go.sum" "$here/$2.sum"
}

tidy "$(echo "$capabilities" | paste -sd, -)" superset
tidy "" base
for capability in $capabilities; do
	tidy "$capability" "base+$capability"
done
