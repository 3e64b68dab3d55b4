"""Where files departed: a circle for each file and drift class, its area for the number of services."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.choices import DRIFTS
from conformance.examining.terms import DEPARTED

SIZE = 36
_LEAST, _MOST = 3.0, 16.0
_WEIGHTS = dict(zip((drift.value for drift in DEPARTED), (5, 4, 3, 2, 1), strict=True))
LABELS: dict[str, str] = dict(DRIFTS)

Address = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One circle: of how many services, its radius, and where it leads."""

    drift: str
    label: str
    count: int
    radius: float
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One file with a bubble for each class, empty ones included."""

    path: str
    folder: str
    name: str
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True, slots=True)
class DriftMap:
    """The picture: its columns as (class, label), its rows, and how many files are not drawn."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    omitted: int


def drift_map(files: Mapping[str, Mapping[str, int]], address: Address, *, most: int = 8) -> DriftMap:
    """Return the picture of the files that departed in most services, the gravest first.

    `files` counts services by path and drift class; `address(path, class)` says where a circle leads.
    """
    order = sorted(files, key=lambda path: (-_weight(files[path]), path))
    largest = max((count for counts in files.values() for count in counts.values()), default=0)
    columns = tuple((drift.value, LABELS[drift.value]) for drift in DEPARTED)
    rows = tuple(_row(path, files[path], largest, address) for path in order[:most])
    return DriftMap(columns, rows, max(0, len(order) - most))


def radius(count: int, largest: int) -> float:
    """Return the radius whose area stands for the count; nothing for nothing, and what is there can be seen."""
    return round(max(_LEAST, _MOST * math.sqrt(count / largest)), 1) if count and largest else 0.0


def _row(path: str, counts: Mapping[str, int], largest: int, address: Address) -> Row:
    folder, slash, name = path.rpartition("/")
    bubbles = [
        Bubble(
            drift.value,
            LABELS[drift.value],
            counts.get(drift.value, 0),
            radius(counts.get(drift.value, 0), largest),
            address(path, drift.value),
        )
        for drift in DEPARTED
    ]
    return Row(path, folder + slash, name, tuple(bubbles))


def _weight(counts: Mapping[str, int]) -> int:
    return sum(_WEIGHTS.get(drift, 0) * count for drift, count in counts.items())
