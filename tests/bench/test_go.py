"""The arithmetic and the tools of the benchmarks of rendered services: a wrong ruler is worse than none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench import bench_middleware, gofigures, gosurroundings
from tests.bench.gosurroundings import Surroundings

PEERS = {"token": "secret", "issuer": "http://issuer", "jwks_url": "http://keys", "otlp_endpoint": "http://spans"}
AROUND = Surroundings("postgres://x", "redis://x", PEERS)
CSV = """\
,Bare,,Trace/on,,,,Nothing,,,
,sec/op,CI,sec/op,CI,vs base,P,sec/op,CI,vs base,P
Request,1.01e-06,1%,2.01285e-06,1%,+98.92%,p=0.000 n=8,1.0088e-06,1%,~,p=0.721 n=8
geomean,1.01e-06,,2.01285e-06,,+98.92%,,1.0087e-06,,-0.31%,

,Bare,,Trace/on,,,,Nothing,,,
,B/op,CI,B/op,CI,vs base,P,B/op,CI,vs base,P
Request,56,0%,156,0%,+178.57%,p=0.000 n=8,56,0%,~,p=1.000 n=8

,Bare,,Trace/on,,,,Nothing,,,
,allocs/op,CI,allocs/op,CI,vs base,P,allocs/op,CI,vs base,P
Request,1,0%,3,0%,+200.00%,p=0.000 n=8,1,0%,~,p=1.000 n=8
"""


def turn(**changes: Any) -> dict[str, Any]:
    run = {"requests": 100, "failures": 0, "statuses": {"200": 100}, "per_second": 1000.0, "p50_ms": 1.0, "p99_ms": 9.0}
    figures = {"start_ms": 20.0, "rss_idle_mb": 20.0, "rss_loaded_mb": 40.0, "goroutines_idle": 10}
    return {
        **figures,
        "goroutines_after": 12,
        **{name: dict(run) for name in ("ping", "read", "constant")},
        "binary_mb": 20,
        **changes,
    }


def verdicts(floor: list[dict[str, Any]], service: list[dict[str, Any]]) -> dict[str, str]:
    rows = gofigures.judged({"floor": gofigures.merged(floor), "service": gofigures.merged(service)})
    return {row["bar"]: row["verdict"] for row in rows}


def test_turns_are_merged_by_medians_and_failures_are_never_lost() -> None:
    slow = turn(start_ms=40.0, goroutines_after=20)
    slow["constant"] = {**slow["constant"], "failures": 1, "p99_ms": 11.0, "statuses": {"0": 1}}
    merged = gofigures.merged([turn(), slow])
    assert merged["start_ms"] == 30
    assert merged["constant"]["p99_ms"] == 10
    assert merged["constant"]["failures"] == 1
    assert merged["constant"]["requests"] == 200
    assert merged["goroutines_more"] == 10


@pytest.mark.parametrize(("per_second", "verdict"), [(400.0, "golden"), (399.0, "FAIL"), (1200.0, "golden")])
def test_throughput_is_held_against_the_floor(per_second: float, verdict: str) -> None:
    service = turn()
    service["read"]["per_second"] = per_second
    assert verdicts([turn()], [service])["read by key, saturated, % of the floor"] == verdict


@pytest.mark.parametrize(("p99", "verdict"), [(12.0, "golden"), (12.1, "pass"), (40.0, "pass"), (40.1, "FAIL")])
def test_latency_has_a_bar_that_is_wanted_and_one_that_must_hold(p99: float, verdict: str) -> None:
    service = turn()
    service["constant"]["p99_ms"] = p99
    assert verdicts([turn()], [service])["read by key at 2,000 a second, p99 ms"] == verdict


def test_one_failed_request_at_a_constant_rate_fails() -> None:
    service = turn()
    service["constant"]["failures"] = 1
    assert verdicts([turn()], [service, turn()])["failures at 2,000 a second"] == "FAIL"


def test_the_table_shows_both_and_the_verdict() -> None:
    floor, service = (gofigures.merged([turn(), turn()]) for _ in range(2))
    table = gofigures.printed(
        {
            "floor": floor,
            "service": service,
            "bars": gofigures.judged({"floor": floor, "service": service}),
            "capabilities": ["rest", "postgres"],
            "turns": {"floor": [turn(), turn()]},
            "machine": {"cores": 2, "load_before": 0.1},
        }
    )
    assert "1,000 = 100 %" in table
    assert "answer without database, saturated, a second" in table
    assert "FAIL" in table, "1,000 answers a second are below the bar"
    assert "rest, postgres; 2 cores" in table


def test_only_services_that_verify_tokens_are_shown_one() -> None:
    assert gosurroundings.headers(["rest"], AROUND) == {}
    assert gosurroundings.headers(["rest", "jwt"], AROUND) == {"Authorization": "Bearer secret"}


def test_a_service_is_told_of_what_it_has_and_of_nothing_else() -> None:
    assert gosurroundings.environment(["rest"], AROUND) == {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://spans"}
    told = gosurroundings.environment(["postgres", "jwt"], AROUND)
    assert told["APP_POSTGRES_DSN"] == "postgres://x"
    assert told["APP_AUTH_ISSUER"] == "http://issuer"
    assert "APP_REDIS_URL" not in told


def test_a_cached_service_has_bars_of_its_own() -> None:
    figures = {name: gofigures.merged([turn()]) for name in ("floor", "service", "cached")}
    rows = {row["bar"]: row for row in gofigures.judged(figures)}
    assert rows["cached read at 4,000 a second, p99 ms"]["verdict"] == "pass"
    assert rows["cached read at 4,000 a second, p99 ms"]["floor"] is None
    without = gofigures.judged({name: figures[name] for name in ("floor", "service")})
    assert len(without) == len(rows) - 2


@pytest.mark.parametrize(("run", "bar"), [("write", "write at 300 a second"), ("grpc", "gRPC without database")])
def test_what_only_a_service_does_has_bars_without_a_floor(run: str, bar: str) -> None:
    service = turn(**{run: {**turn()["ping"], "p99_ms": 8.1, "failures": 1}})
    rows = gofigures.judged({"floor": gofigures.merged([turn()]), "service": gofigures.merged([service])})
    (latency,) = (row for row in rows if row["bar"].startswith(bar))
    failures = rows[rows.index(latency) + 1]
    assert latency["floor"] is None
    assert latency["verdict"] == ("pass" if run == "grpc" else "golden")
    assert failures["verdict"] == "FAIL"


def test_results_of_benchmarks_are_told_apart_by_name() -> None:
    bare = "BenchmarkBare-2  100  10 ns/op\nBenchmarkBare  9  11 ns/op\n"
    found = bench_middleware.samples(f"goos: linux\nBenchmarkTrace/on-2  100  20 ns/op\n{bare}ok\n")
    assert list(found) == ["Bare", "Trace/on"]
    assert found["Bare"] == ["100  10 ns/op", "9  11 ns/op"]
    with pytest.raises(SystemExit, match="no BenchmarkBare"):
        bench_middleware.samples("BenchmarkTrace-2  100  20 ns/op\n")


def test_costs_are_differences_to_no_middleware() -> None:
    rows = bench_middleware.rows(CSV)
    assert [row["benchmark"] for row in rows] == ["Bare", "Trace/on", "Nothing"]
    assert [row["cost_ns"] for row in rows] == [0, pytest.approx(1002.9, abs=0.2), pytest.approx(-1.2, abs=0.2)]
    assert [row.get("p") for row in rows] == [None, 0, 0.721]
    assert [(row["bytes"], row["allocations"]) for row in rows] == [(56, 1), (156, 3), (56, 1)]
    table = bench_middleware.printed({"middleware": rows, "count": 8, "machine": {"load_before": 1.0}})
    assert "+1,003" in table
