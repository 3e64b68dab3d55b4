"""The alerts and promises that the library renders, judged by Prometheus itself: they parse, and they fire."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.templates.promtool import Promtool, expressions_of
from tests.templates.renders import documents, rendered, rendered_set

pytestmark = pytest.mark.go
MONITORING = Path("deployments", "k8s", "components", "monitoring")
PLATFORM = Path(__file__).resolve().parents[2] / "templates" / "go" / "platform" / "pkg"
REQUESTS = "http_server_request_duration_seconds"
ABSENT = {"alertname": "ServiceAbsent", "severity": "page"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered(tmp_path_factory.mktemp("render") / "out", postgres=False).directory


@pytest.fixture(scope="module")
def rules(folder: Path) -> dict[str, Any]:
    """The rules, as the operator hands them to Prometheus."""
    (rule,) = documents(folder / "deployments" / "k8s" / "components" / "monitoring" / "prometheusrule.yaml")
    spec: dict[str, Any] = rule["spec"]
    return spec


def selector(labels: dict[str, str]) -> str:
    """Write labels as PromQL does."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def series(name: str, values: str, **labels: str) -> dict[str, str]:
    """Return an input series of the service's one instance."""
    own = {"job": "ledger", "namespace": "payments", "instance": "a", **labels}
    return {"series": name + selector(own), "values": values}


def requests(status: str, per_minute: int, *, fast: int | None = None) -> list[dict[str, str]]:
    """Return ten hours of requests: `fast` of them, all unless told, are answered within 250 ms."""
    labels = {"route": "/api/v1/tasks", "method": "GET", "status": status}
    quick = per_minute if fast is None else fast
    return [
        series(f"{REQUESTS}_count", f"0+{per_minute}x600", **labels),
        series(f"{REQUESTS}_bucket", f"0+{quick}x600", le="0.25", **labels),
    ]


def firing(inputs: list[dict[str, str]], at: str, *expected: dict[str, str]) -> dict[str, Any]:
    """Return a unit test: exactly the `expected` alerts fire at this time."""
    samples = [{"labels": selector(labels), "value": 1} for labels in expected]
    return {
        "interval": "1m",
        "input_series": inputs,
        "promql_expr_test": [
            {
                "expr": 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
                "eval_time": at,
                "exp_samples": samples,
            }
        ],
    }


def up(values: str) -> dict[str, str]:
    return series("up", values)


def test_rules_parse_and_pass_every_lint(promtool: Promtool, rules: dict[str, Any]) -> None:
    promtool.check(rules)


def test_nothing_fires_while_the_promises_are_kept(promtool: Promtool, rules: dict[str, Any]) -> None:
    kept = [up("1x600"), *requests("200", 100_000, fast=99_900), *requests("500", 50)]
    promtool.test(rules, firing(kept, "8h"))


@pytest.mark.parametrize(
    ("failures", "severities"),
    [(500, []), (700, ["ticket"]), (1600, ["page", "ticket"])],  # of 100,000: budgets burn 5, 7 and 16 times too fast
)
def test_errors_fire_by_how_fast_the_budget_burns(
    promtool: Promtool, rules: dict[str, Any], failures: int, severities: list[str]
) -> None:
    inputs = [up("1x600"), *requests("200", 100_000 - failures), *requests("503", failures)]
    alerts = [{"alertname": "ErrorBudgetBurn", "severity": severity} for severity in severities]
    promtool.test(rules, firing(inputs, "8h", *alerts))


@pytest.mark.parametrize(("slow", "severities"), [(50, []), (70, ["ticket"]), (160, ["page", "ticket"])])
def test_slow_answers_fire_by_how_fast_the_budget_burns(
    promtool: Promtool, rules: dict[str, Any], slow: int, severities: list[str]
) -> None:
    inputs = [up("1x600"), *requests("200", 1000, fast=1000 - slow)]
    alerts = [{"alertname": "LatencyBudgetBurn", "severity": severity} for severity in severities]
    promtool.test(rules, firing(inputs, "8h", *alerts))


def test_a_burst_that_is_over_fires_nothing(promtool: Promtool, rules: dict[str, Any]) -> None:
    labels = {"route": "/api/v1/tasks", "method": "GET", "status": "503"}
    burst = series(f"{REQUESTS}_count", "0+0x300 0+100x40 4000+0x200", **labels)
    inputs = [up("1x600"), *requests("200", 1000), burst]
    pages = {"alertname": "ErrorBudgetBurn", "severity": "page"}, {"alertname": "ErrorBudgetBurn", "severity": "ticket"}
    promtool.test(rules, firing(inputs, "5h35m", *pages), firing(inputs, "6h30m"))


def test_a_service_that_is_away_fires_after_a_while(promtool: Promtool, rules: dict[str, Any]) -> None:
    promtool.test(
        rules,
        firing([up("1x10 0x20")], "12m"),
        firing([up("1x10 0x20")], "20m", ABSENT),
        firing([], "20m", ABSENT),
        firing([up("0x30"), series("up", "1x30", instance="b")], "20m"),
    )


def test_promises_are_promql(promtool: Promtool, folder: Path) -> None:
    objectives = [each for each in documents(folder / "docs" / "slo.yaml") if each["kind"] == "SLO"]
    ratios = [each["spec"]["indicator"]["spec"]["ratioMetric"] for each in objectives]
    promtool.parse(ratio[part]["metricSource"]["spec"]["query"] for ratio in ratios for part in ("good", "total"))


def test_faults_are_found(promtool: Promtool, rules: dict[str, Any]) -> None:
    spoiled = yaml.safe_load(yaml.safe_dump(rules))
    spoiled["groups"][0]["rules"][0]["expr"] = "sum by (job (up)"
    with pytest.raises(AssertionError, match="parse error"):
        promtool.check(spoiled)
    with pytest.raises(AssertionError, match="duplicate"):
        promtool.check({"groups": [*rules["groups"], {**rules["groups"][0], "name": "again"}]})
    with pytest.raises(AssertionError, match="FAILED"):
        promtool.test(rules, firing([up("1x30")], "20m", ABSENT))
    with pytest.raises(AssertionError, match="parse error"):
        promtool.parse(["up", "rate(up)", "up["])


def test_expressions_of_dashboards_are_found_and_parsed(promtool: Promtool) -> None:
    panel = {"targets": [{"expr": 'rate(a_total{job="$job"}[$__rate_interval])'}, {"refId": "B"}]}
    row = {"type": "row", "panels": [{"targets": [{"expr": "sum(b) / ${__interval}"}]}]}
    annotations = {"list": [{"name": "releases", "expr": "changes(build_info[${__range}])"}, {"name": "built in"}]}
    found = list(expressions_of({"panels": [panel, row, {"type": "text"}], "annotations": annotations}))
    assert len(found) == 3
    promtool.parse(expression for expression in found if "sum" not in expression)
    with pytest.raises(AssertionError, match="there are no expressions"):
        promtool.parse([])


CALLS = {"method": "/ledger.v1.TaskService/GetTask", "type": "unary"}


def calls(code: str, per_minute: int) -> list[dict[str, str]]:
    """Return ten hours of gRPC calls that end with this code, all of them within 250 ms."""
    return [
        series("grpc_server_calls_handled_total", f"0+{per_minute}x600", code=code, **CALLS),
        series("grpc_server_call_duration_seconds_count", f"0+{per_minute}x600", code=code, **CALLS),
        series("grpc_server_call_duration_seconds_bucket", f"0+{per_minute}x600", code=code, le="0.25", **CALLS),
    ]


@pytest.mark.parametrize("name", ["none", "grpc", "all"])
def test_rules_of_other_sets_pass_every_lint(promtool: Promtool, tmp_path: Path, name: str) -> None:
    (rule,) = documents(rendered_set(tmp_path / "out", name) / MONITORING / "prometheusrule.yaml")
    promtool.check(rule["spec"])


def test_failed_calls_of_a_service_without_http_fire(promtool: Promtool, tmp_path: Path) -> None:
    (rule,) = documents(rendered_set(tmp_path / "out", "grpc") / MONITORING / "prometheusrule.yaml")
    alerts = [{"alertname": "CallErrorBudgetBurn", "severity": severity} for severity in ("page", "ticket")]
    promtool.test(
        rule["spec"],
        firing([up("1x600"), *calls("OK", 98_400), *calls("Unavailable", 1600)], "8h", *alerts),
        firing([up("1x600"), *calls("OK", 98_400), *calls("NotFound", 1600)], "8h"),
    )


def dashboard_of(folder: Path) -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads((folder / MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    return dashboard


@pytest.mark.parametrize("name", ["none", "rest-postgres", "grpc", "all"])
def test_dashboards_are_promql_on_metrics_that_there_are(promtool: Promtool, tmp_path: Path, name: str) -> None:
    dashboard = dashboard_of(rendered_set(tmp_path / "out", name))
    expressions = list(expressions_of(dashboard))
    promtool.parse(expressions)
    sources = "".join(path.read_text(encoding="utf-8") for path in PLATFORM.rglob("*.go"))
    for metric in {name for expression in expressions for name in re.findall(r"(\w+)\{", expression)}:
        base = re.sub(r"_(bucket|count)$", "", metric).removeprefix("postgres_pool_")
        assert metric.startswith(("go_", "process_")) or f'"{base}"' in sources, metric


def test_panels_of_a_dashboard_do_not_overlap(tmp_path: Path) -> None:
    panels = dashboard_of(rendered_set(tmp_path / "out", "all"))["panels"]
    assert len(panels) == len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels})
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
    assert all(panel["description"] and panel["targets"] for panel in panels)
