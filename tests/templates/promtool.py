"""Prometheus' own judge of rules and expressions, built from the Go module proxy: see promrules/go.mod."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MODULE = Path(__file__).resolve().parent / "promrules"
PACKAGE = "github.com/prometheus/prometheus/cmd/promtool"
# Rules need no discovery of targets; without it a cold build is a good third shorter.
BUILD = ["build", "-tags=remove_all_sd", "-trimpath", "-ldflags=-s -w"]
BUILD_SECONDS = 2400
DURATION_VARIABLE = re.compile(r"\$\{?__(?:rate_interval|interval|range)\}?")


def build(go: str, cache: Path) -> Path:
    """Build promtool once per version into a folder of `cache`, and return its path."""
    found = re.search(r"github\.com/prometheus/prometheus v(\S+)", (MODULE / "go.mod").read_text(encoding="utf-8"))
    assert found, "promrules/go.mod pins Prometheus"
    path = cache / "bin" / f"promtool-{found[1]}" / "promtool"
    if not path.exists():
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
        subprocess.run(
            [go, *BUILD, "-o", str(path), PACKAGE], cwd=MODULE, env=environment, check=True, timeout=BUILD_SECONDS
        )
    return path


@dataclass(frozen=True)
class Promtool:
    """Runs promtool; everything that it does not like raises an AssertionError with what it says."""

    path: Path

    def check(self, rules: Mapping[str, Any]) -> None:
        """Require that rules (the `spec` of a PrometheusRule) parse and pass every lint."""
        with tempfile.TemporaryDirectory() as name:
            self._run(Path(name), {"rules.yaml": rules}, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")

    def test(self, rules: Mapping[str, Any], *cases: Mapping[str, Any], evaluate_every: str = "1m") -> None:
        """Run unit tests, as https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules has them."""
        tests = {"rule_files": ["rules.yaml"], "evaluation_interval": evaluate_every, "tests": list(cases)}
        with tempfile.TemporaryDirectory() as name:
            self._run(Path(name), {"rules.yaml": rules, "tests.yaml": tests}, "test", "rules", "tests.yaml")

    def parse(self, expressions: Iterable[str]) -> None:
        """Require that each expression is PromQL; durations may be variables of Grafana."""
        rules = [
            {"record": f"expression:{number}", "expr": DURATION_VARIABLE.sub("5m", expression)}
            for number, expression in enumerate(expressions)
        ]
        assert rules, "there are no expressions"
        with tempfile.TemporaryDirectory() as name:
            groups = {"groups": [{"name": "expressions", "rules": rules}]}
            self._run(Path(name), {"rules.yaml": groups}, "check", "rules", "--lint=none", "rules.yaml")

    def _run(self, folder: Path, files: Mapping[str, Any], *arguments: str) -> None:
        for name, content in files.items():
            (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
        done = subprocess.run(
            [str(self.path), *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout


def expressions_of(dashboard: Mapping[str, Any]) -> Iterator[str]:
    """Yield the PromQL of a Grafana dashboard: of its panels, also of those in rows, and of its annotations."""
    for panel in dashboard.get("panels", []):
        yield from (target["expr"] for target in panel.get("targets", []) if target.get("expr"))
        yield from expressions_of(panel)
    for annotation in dashboard.get("annotations", {}).get("list", []):
        if annotation.get("expr"):
            yield annotation["expr"]
