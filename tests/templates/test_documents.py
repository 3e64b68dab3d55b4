"""Documents of a render: they name what the rendered service has, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.templates.renders import rendered_set
from tests.templates.sets import SETS

# What only a service with the capability may speak of.
WORDS = {
    "rest": r"OpenAPI|/api/v\d|\bREST\b",
    "grpc": r"\bgRPC\b|Protobuf|\.proto\b",
    "graphql": r"GraphQL",
    "postgres": r"PostgreSQL|\bSQL\b|TEST_POSTGRES_DSN",
    "redis": r"\bRedis\b|TEST_REDIS_URL",
    "jwt": r"JWKS|bearer",
}
METRIC = re.compile(r"`([a-z]+(?:_[a-z0-9]+)*_(?:total|seconds|count|bytes|active|flight|info|connections|age))\b")
# A capital letter in a name stands for what is to be filled in: migrations/NNNNN_what.sql.
PATH = re.compile(r"`((?:internal|pkg|api|deployments|docs|test|tools|migrations|client|cmd|scripts)/[a-z0-9_.*/-]*)`")


@pytest.fixture(scope="module", params=SETS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered_set(tmp_path_factory.mktemp("render") / request.param, request.param)


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each document of the service: not of its packages, nor of folders to come."""
    for path in sorted(folder.rglob("*.md")):
        if not re.match(r"pkg/|api/\w+/README", name := str(path.relative_to(folder))):
            yield name, path.read_text(encoding="utf-8")


def sources(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.go"))


def lines_with(folder: Path, pattern: str) -> list[str]:
    return [f"{name}: {line}" for name, page in pages(folder) for line in page.splitlines() if re.search(pattern, line)]


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def is_named(metric: str, code: str) -> bool:
    """Tell whether Go code has the name of a metric as a string, or two strings that it is made of."""
    halves = ((metric[:at], metric[at:]) for at in range(1, len(metric)))
    return f'"{metric}"' in code or any(f'"{one}"' in code and f'"{other}"' in code for one, other in halves)


@pytest.mark.parametrize("capability", WORDS)
def test_capabilities_that_are_not_there_are_not_spoken_of(folder: Path, capability: str) -> None:
    if capability not in SETS[folder.name]:
        assert lines_with(folder, WORDS[capability]) == []


def test_links_and_anchors_lead_somewhere(folder: Path) -> None:
    for name, page in pages(folder):
        for link in re.findall(r"\]\(([^)\s]+)\)", page):
            path, _, anchor = link.partition("#")
            if "://" in link or link.startswith("mailto:"):
                continue
            target = (folder / name).parent / path if path else folder / name
            assert target.exists(), f"{name}: {link}"
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
            assert not anchor or anchor in map(slug, headings), f"{name}: {link}"


def test_files_that_are_named_exist(folder: Path) -> None:
    missing = [
        f"{name}: {path}" for name, page in pages(folder) for path in PATH.findall(page) if not any(folder.glob(path))
    ]
    assert missing == []


def test_commands_that_are_named_exist(folder: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (folder / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name, page in pages(folder):
        for block in re.findall(r"^make ([a-z0-9 -]+?)(?: *#.*)?$|`make ([a-z0-9 -]+)`", page, re.MULTILINE):
            unknown = set("".join(block).split()) - targets
            assert not unknown, f"{name}: make {unknown}"


def test_settings_that_are_named_exist(folder: Path) -> None:
    reference = (folder / "docs" / "configuration.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`(APP_[A-Z0-9_]+)`", reference)) | {"APP_CONFIG_FILE"}
    for name, page in pages(folder):
        for variable in re.findall(r"\bAPP_[A-Z0-9_]+[A-Z0-9](?![\w*])", page):
            assert {variable, variable.removesuffix("_FILE")} & known, f"{name}: {variable}"


def test_metrics_and_alerts_that_are_named_exist(folder: Path) -> None:
    monitoring = folder / "deployments" / "k8s" / "components" / "monitoring" / "prometheusrule.yaml"
    rules, code = monitoring.read_text(encoding="utf-8"), sources(folder)
    for name, page in pages(folder):
        for metric in METRIC.findall(page):
            base = re.sub(r"_(count|bucket|sum)$", "", metric)
            assert re.match(r"(go|process|up)_", base) or is_named(base, code), f"{name}: {metric}"
        for rule in re.findall(r"`(job:\w+:\w+)`", page):
            assert f"record: {rule}" in rules, f"{name}: {rule}"
        for alert in re.findall(r"\*\*(\w+(?:Burn|Absent))\.\*\*", page):
            assert f"alert: {alert}\n" in rules, f"{name}: {alert}"
