"""What each middleware of a rendered service costs: its own benchmarks, compared by benchstat with no middleware.

Usage: python -m tests.bench.bench_middleware [--json] [--count 10] [--benchtime 0.3s] [--logger zap] [--only rest]
The service is the blank template with every capability that it offers. Its package internal/middleware has a benchmark
for each middleware, which sends the same request through it to a handler that does nothing, and BenchmarkBare, which
has none. A cost is the difference of the medians; `p` says how likely it is that there is no difference.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.bench import gobuild, gorender

BASE = "Bare"
PACKAGE = "./internal/middleware"
BENCHSTAT = "golang.org/x/perf/cmd/benchstat"
LINE = re.compile(r"^Benchmark(?P<name>\S+?)(?:-\d+)?\s+(?P<result>\d+\s.*)$")
UNITS = {"sec/op": "ns", "B/op": "bytes", "allocs/op": "allocations"}


def samples(output: str) -> dict[str, list[str]]:
    """Return the results in the output of `go test -bench`, by the name of the benchmark, the bare one first."""
    found: dict[str, list[str]] = {}
    for line in output.splitlines():
        if match := LINE.match(line):
            found.setdefault(match["name"], []).append(match["result"])
    if BASE not in found:
        raise SystemExit(f"There is no Benchmark{BASE} to compare with in {PACKAGE}.")
    return {BASE: found.pop(BASE), **found}


def compare(benchstat: Path, results: Mapping[str, list[str]], folder: Path) -> str:
    """Have benchstat compare all with the first, and return its CSV: one file each, the benchmark alike in all."""
    arguments = []
    for number, (name, lines) in enumerate(results.items()):
        path = folder / f"{number}.txt"
        path.write_text("".join(f"BenchmarkRequest {line}\n" for line in lines), encoding="utf-8")
        arguments.append(f"{name}={path}")
    return gobuild.run(folder, str(benchstat), "-format", "csv", *arguments)


def rows(table: str) -> list[dict[str, Any]]:
    """Return what the CSV of `compare` says, one row a benchmark: figures, cost beside the base, and `p` of time."""
    names: list[str] = []
    units: list[str] = []
    found: dict[str, dict[str, Any]] = {}
    for line in csv.reader(table.splitlines()):
        if line[:1] == [""] and not set(line) & set(UNITS):
            names = line
        elif line[:1] == [""]:
            units = line
        elif line[:1] == ["Request"]:
            for name, figures in _columns(names, units, line):
                found.setdefault(name, {"benchmark": name}).update(figures)
    base = found[BASE]["ns"]
    return [{**row, "cost_ns": round(row["ns"] - base, 1)} for row in found.values()]


def _columns(names: list[str], units: list[str], line: list[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield the figures of each benchmark in a line; its name stands above its first column."""
    name = ""
    for above, unit, value in zip([*names, *[""] * len(line)], units, line, strict=False):
        name = above or name
        if unit in UNITS:
            scale = 1e9 if unit == "sec/op" else 1
            yield name, {UNITS[unit]: round(float(value) * scale, 1)}
        elif unit == "P" and "sec/op" in units and (p := re.search(r"p=([\d.]+)", value)):
            yield name, {"p": float(p[1])}


def printed(figures: Mapping[str, Any]) -> str:
    """Return the table for people."""
    lines = [("middleware", "ns", "cost ns", "p", "bytes", "allocations")]
    lines += [
        (
            row["benchmark"],
            f"{row['ns']:,.0f}",
            f"{row['cost_ns']:+,.0f}",
            f"{row['p']:g}" if "p" in row else "",
            f"{row['bytes']:,.0f}",
            f"{row['allocations']:,.0f}",
        )
        for row in figures["middleware"]
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = [f"{line[0]:<{widths[0]}}  " + "  ".join(map(str.rjust, line[1:], widths[1:])) for line in lines]
    return "\n".join([*table, "", f"{figures['count']} runs each; load {figures['machine']['load_before']} before."])


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Render, run the benchmarks and compare them."""
    load = os.getloadavg()[0]
    service = folder / "service"
    capabilities = gorender.render(service, options.only or gorender.all_capabilities(), logger=options.logger)
    benchstat = gobuild.build(gobuild.SOURCES / "tools", BENCHSTAT, folder / "benchstat")
    bench = ["-bench=.", "-benchmem", f"-count={options.count}", f"-benchtime={options.benchtime}"]
    output = gobuild.run(service, "go", "test", "-run=^$", *bench, PACKAGE)
    return {
        "middleware": rows(compare(benchstat, samples(output), folder)),
        "capabilities": list(capabilities),
        "count": options.count,
        "machine": {"cores": os.cpu_count(), "load_before": round(load, 1)},
    }


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures what each middleware of a rendered service costs.")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--count", type=int, default=10, help="runs of each benchmark")
    parser.add_argument("--benchtime", default="0.3s", help="length of one run")
    parser.add_argument("--logger", choices=["logrus", "zap"], default="logrus", help="log backend of the service")
    parser.add_argument("--only", type=lambda text: text.split(","), help="capabilities, by default all")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="goldpath-bench-") as name:
        figures = measure(Path(name), options)
    print(json.dumps(figures, indent=2) if options.json else printed(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
