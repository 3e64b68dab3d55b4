"""Runs the benchmarks one after the other: `python -m tests.bench [name ...]`.

Each is a script that prints one JSON object (those of rendered services a table, and JSON with `--json`): figures, and
the ratio or floor that it is judged by. The suite asserts none of them; the numbers go into notes and the README
together with the command.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    """Run the benchmarks in `names`, or all; return 1 when one could not be measured."""
    folder = Path(__file__).parent
    available = sorted(path.stem.removeprefix("bench_") for path in folder.glob("bench_*.py"))
    failed = False
    for name in names or available:
        print(f"== {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"tests.bench.bench_{name}"], check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
