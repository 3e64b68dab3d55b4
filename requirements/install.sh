#!/bin/sh
# Makes .venv and installs a locked, hashed requirement set into it: install.sh base|dev|prod
set -eu
cd "$(dirname "$0")/.."
set_name=${1:?usage: install.sh base|dev|prod}
stamp=.venv/.installed-$set_name
lock=requirements/$set_name.txt

fingerprint() { cat requirements/bootstrap.txt "$lock" | cksum; }

[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ] && exit 0

find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Goldpath needs Python 3.11, 3.12 or 3.13. Install one, or name it: make PYTHON=/path/to/python" >&2
    exit 1
}

if [ ! -x .venv/bin/python ]; then
    python=$(find_python)
    echo "Making a virtual environment with $("$python" --version)"
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "$python cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi

echo "Installing requirements/$set_name.txt"
if .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt &&
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"; then
    :
else
    # An index that only pip is configured for, or a platform without uv: slower, the same hashes.
    echo "Installing with pip instead"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
fi
fingerprint > "$stamp"
