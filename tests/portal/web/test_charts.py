"""The pictures: where their shapes are, and that small things stay visible."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.examining.terms import Level
from portal.web.charts import bubbles, history, shares, trend
from portal.web.charts.history import Moment
from portal.web.charts.rings import Ring
from portal.web.charts.shares import Part

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=6))
def test_segments_fill_the_bar_without_touching(counts: list[int]) -> None:
    segments = shares.shares([Part(str(number), "", count) for number, count in enumerate(counts)])
    assert [segment.part.count for segment in segments] == [count for count in counts if count]
    for left, right in pairwise(segments):
        assert right.x == left.x + left.width + shares.GAP
    if segments:
        assert abs(segments[-1].x + segments[-1].width - shares.WIDTH) <= len(segments)
        assert min(segment.width for segment in segments) >= shares.LEAST


def test_a_part_of_a_whole_leaves_the_rest_empty() -> None:
    (segment,) = shares.shares([Part("fail", "fail", 25)], whole=100)
    assert (segment.percent, segment.width) == (25, shares.LEAST + (shares.WIDTH - shares.LEAST) // 4)


@pytest.mark.parametrize(
    ("count", "total", "percent"), [(0, 9, 0), (9, 9, 100), (1, 9000, 1), (8999, 9000, 99), (0, 0, 0)]
)
def test_nothing_and_all_are_exact(count: int, total: int, percent: int) -> None:
    assert shares.percent_of(count, total) == percent


def points(*golds: int) -> list[tuple[dt.date, dict[Level, int]]]:
    day = dt.date(2026, 11, 1)
    return [
        (day + dt.timedelta(days=number), {**dict.fromkeys(Level, 0), Level.GOLD: gold, Level.NONE: 2})
        for number, gold in enumerate(golds)
    ]


def test_the_trend_stacks_the_levels_from_gold_up() -> None:
    picture = trend.trend(points(0, 2, 6))
    gold, *_, none = picture.bands
    assert (gold.level, gold.now, gold.change) == (Level.GOLD, 6, 6)
    assert (none.level, none.now, none.change) == (Level.NONE, 2, 0)
    assert picture.top == 8
    assert gold.edge == "M0.0 260.0L450.0 195.0L900.0 65.0"
    assert none.edge == "M0.0 195.0L450.0 130.0L900.0 0.0"
    assert picture.rows[-1][0] == dt.date(2026, 11, 3)


@pytest.mark.parametrize("total", [0, 1, 3, 5, 13, 99, 101, 10_000, 123_456])
def test_the_scale_holds_everything_in_even_steps(total: int) -> None:
    picture = trend.trend(points(total))
    assert picture.top >= total + 2
    assert picture.top % trend.LINES == 0
    assert picture.top <= max(4, 2 * (total + 2))


def test_a_fleet_of_nothing_is_drawn() -> None:
    day = dt.date(2026, 11, 1)
    picture = trend.trend([(day, dict.fromkeys(Level, 0))] * 2)
    assert picture.top == trend.LINES


def test_the_gravest_files_stand_first_and_the_area_is_the_count() -> None:
    files = {"a": {"behind": 90}, "b": {"weakened": 40, "drifted": 10}, "c": {"drifted": 1}}
    picture = bubbles.drift_map(files, lambda path, drift: f"?{path}={drift}", most=2)
    assert [row.path for row in picture.rows] == ["b", "a"]
    assert picture.omitted == 1
    weakened = picture.rows[0].bubbles[0]
    assert (weakened.drift, weakened.count, weakened.href) == ("weakened", 40, "?b=weakened")
    assert picture.rows[0].bubbles[1].radius == 0
    assert bubbles.radius(25, 100) == pytest.approx(bubbles.radius(100, 100) / 2)


def test_the_history_walks_in_steps_to_the_present() -> None:
    moments = [
        Moment(NOW - dt.timedelta(days=10), Level.GOLD, 100),
        Moment(NOW - dt.timedelta(days=5), Level.NONE, 60),
    ]
    picture = history.history(moments, now=NOW)
    assert picture is not None
    assert picture.steps == "M0.0 20.0H450.0V140.0H900"
    assert picture.score_line == "M0.0 0.0H450.0V40.0H900"
    assert [dot.level for dot in picture.dots] == [Level.GOLD, Level.NONE]


def test_one_moment_of_now_and_none_at_all_are_drawn() -> None:
    picture = history.history([Moment(NOW, Level.GOLD, 100)], now=NOW)
    assert picture is not None
    assert re.fullmatch(r"M900\.0 20\.0H900", picture.steps)
    assert history.history([], now=NOW) is None


def test_a_ring_is_full_when_nothing_is_asked() -> None:
    assert (Ring(0, 0).length, Ring(0, 0).is_full) == (100.0, True)
    assert (Ring(3, 4).length, Ring(3, 4).left) == (75.0, 1)
