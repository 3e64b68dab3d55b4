"""The figures of a rendered service beside those of the floor, and the bars that they are held against."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """A figure and its bar: `golden` is what we want, beyond `fail` it is a defect. `up` means more is better."""

    title: str
    path: str  # into the figures, with dots; "ratio:" takes the service's in percent of the floor's, "cached:" others
    golden: float
    fail: float
    up: bool = False

    def verdict(self, value: float) -> str:
        """Say how good a value is: golden, pass or FAIL."""
        sign = 1 if self.up else -1
        if sign * value >= sign * self.golden:
            return "golden"
        return "pass" if sign * value >= sign * self.fail else "FAIL"


BARS = (
    Bar("read by key, saturated, % of the floor", "ratio:read.per_second", 40, 40, up=True),
    Bar("answer without database, saturated, a second", "ping.per_second", 25_000, 12_000, up=True),
    Bar("read by key at 2,000 a second, p99 ms", "constant.p99_ms", 12, 40),
    Bar("failures at 2,000 a second", "constant.failures", 0, 0),
    Bar("cached read at 4,000 a second, p99 ms", "cached:constant.p99_ms", 8, 25),
    Bar("failures at 4,000 a second", "cached:constant.failures", 0, 0),
    Bar("write at 300 a second, p99 ms", "write.p99_ms", 30, 80),
    Bar("failures of writes", "write.failures", 0, 0),
    Bar("gRPC without database at 8,000 a second, p99 ms", "grpc.p99_ms", 8, 25),
    Bar("failures of calls", "grpc.failures", 0, 0),
    Bar("memory idle, MB", "rss_idle_mb", 45, 80),
    Bar("memory at 2,000 a second, MB", "rss_loaded_mb", 120, 256),
    Bar("start to ready, ms", "start_ms", 300, 2_000),
    Bar("binary, MB", "binary_mb", 35, 60),
    Bar("goroutines more than idle, after load", "goroutines_more", 5, 5),
)


def merged(turns: Sequence[Figures]) -> dict[str, Any]:
    """Return the median of each figure over turns; requests and failures are those of all of them."""
    first = turns[0]
    result: dict[str, Any] = {}
    for name, value in first.items():
        values = [turn[name] for turn in turns]
        if name == "statuses":
            continue  # they differ between turns, where they can be read
        if isinstance(value, dict):
            result[name] = merged(values)
        elif name in {"failures", "requests"}:
            result[name] = sum(values)
        elif isinstance(value, int | float):
            result[name] = round(statistics.median(values), 3)
    if "goroutines_after" in result:
        result["goroutines_more"] = max(turn["goroutines_after"] - turn["goroutines_idle"] for turn in turns)
    return result


def value_at(figures: Figures, path: str) -> float:
    """Return the figure at a path with dots."""
    found: Any = figures
    for key in path.split("."):
        found = found[key]
    return float(found)


def has(figures: Figures, path: str) -> bool:
    """Say whether there is a figure at a path: not every service does everything."""
    return path.partition(".")[0] in figures


def judged(figures: Figures) -> list[dict[str, Any]]:
    """Return each bar with the value of both sides and the verdict; bars of a service that was not run are left out."""
    rows = []
    for bar in BARS:
        kind, _, path = bar.path.rpartition(":")
        side = "cached" if kind == "cached" else "service"
        if not has(figures.get(side, {}), path):
            continue
        ours = value_at(figures[side], path)
        theirs = value_at(figures["floor"], path) if kind != "cached" and has(figures["floor"], path) else None
        value = round(100 * ours / theirs, 1) if kind == "ratio" and theirs else ours
        row = {"bar": bar.title, "floor": theirs, "service": ours, "value": value, "verdict": bar.verdict(value)}
        rows.append({**row, "golden": bar.golden, "fail": bar.fail, "up": bar.up})
    return rows


def printed(figures: Figures) -> str:
    """Return the table for people."""
    lines: list[tuple[str, ...]] = [("", "floor", "service", "golden", "fails", "")]
    lines += [_row(row) for row in figures["bars"]]
    lines += [_latencies(figures, name, title) for name, title in _RUNS]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    machine = figures["machine"]
    about = f"{', '.join(figures['capabilities'])}; {machine['cores']} cores, load {machine['load_before']} before"
    return "\n".join([*table, "", f"Service with {about}. Medians of {len(figures['turns']['floor'])} turns."])


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    golden, fail = ("≥", "<") if row["up"] else ("≤", ">")
    floor = "" if row["floor"] is None else f"{row['floor']:,g}"
    service = f"{row['service']:,g}" + (f" = {row['value']:g} %" if row["value"] != row["service"] else "")
    return row["bar"], floor, service, f"{golden} {row['golden']:,g}", f"{fail} {row['fail']:,g}", row["verdict"]


_RUNS = (
    ("ping", "  without database, saturated: p50 / p99 ms"),
    ("read", "  by key, saturated: p50 / p99 ms"),
    ("constant", "  by key, at 2,000 a second: p50 / p99 ms"),
)


def _latencies(figures: Figures, run: str, title: str) -> tuple[str, ...]:
    both = (figures[name][run] for name in ("floor", "service"))
    return (title, *(f"{each['p50_ms']:g} / {each['p99_ms']:g}" for each in both), "", "", "")
