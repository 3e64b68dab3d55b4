"""What holds of all checks: their texts, their tests, and what they do with hostile trees."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from conformance import checks
from conformance.checks.no_secrets import CHECK as NO_SECRETS
from conformance.examining.check import Check
from conformance.examining.parser import MOST_BYTES
from conformance.examining.subject import File, Subject
from conformance.examining.terms import LEVELS, Outcome
from tests.conformance import checks as tests_of_checks
from tests.conformance.checks.cases import Case, assert_sound
from tests.conformance.subjects import subject

AREAS = {
    "API", "Container", "Delivery", "Documentation", "Go", "Kubernetes", "Operations", "Ownership", "Security",
    "Template",
}  # fmt: skip
ALL = tuple(checks.registry().values())
EVERYWHERE = "Every service"
BOILERPLATE = ("todo", "tbd", "lorem", "fixme", "xxx")
GARBAGE = {
    "empty": b"",
    "binary": bytes(range(256)) * 64,
    "bad UTF-8": b"a: b\n\xff\xfe\n",
    "deep": b"[" * 20_000,
    "deep mapping": b"{a: " * 5_000,
    "bomb": b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + b"".join(
        b"%c: &%c [%s]\n" % (to, to, b", ".join([b"*%c" % of] * 10))
        for of, to in zip(b"abcdefg", b"bcdefgh", strict=True)
    ),
    "one long line": b"x" * 100_000,
    "huge": b"a: b\n" * (MOST_BYTES // 4),
}
OUTSIDE = {
    "django", "datetime", "eval", "exec", "io", "open", "os", "pathlib", "random", "shutil", "socket", "subprocess",
    "sys", "tempfile", "time", "urllib",
}  # fmt: skip
READ_AS_BYTES = {NO_SECRETS.id}
"""Checks for which bytes of any kind are content, and content without a secret is good."""
every_check = pytest.mark.parametrize("check", ALL, ids=[check.id for check in ALL])


@lru_cache(maxsize=1)
def cases() -> dict[str, list[Case]]:
    """Return all cases by check, from every test file of this folder."""
    found: dict[str, list[Case]] = {}
    for module in pkgutil.iter_modules(tests_of_checks.__path__):
        if module.name.startswith("test_") and module.name != __name__.rpartition(".")[2]:
            table = getattr(importlib.import_module(f"{tests_of_checks.__name__}.{module.name}"), "CASES", {})
            for check, of_check in table.items():
                found.setdefault(check, []).extend(of_check.values())
    return found


def outcomes(check: Check) -> set[Outcome]:
    return {case.outcome for case in cases().get(check.id, ())}


def reading(check: Check) -> list[Case]:
    """Return the cases in which a check passes by what stands in files."""
    return [case for case in cases().get(check.id, ()) if case.outcome is Outcome.PASS and case.texts]


def without(whole: Subject, *parsers: str) -> dict[str, Mapping[str, Any]]:
    """Return the facts of a subject as they are when these parsers fail on everything."""
    failed = {"error": "hadolint is not installed"}
    return {name: dict.fromkeys(facts, failed) if name in parsers else facts for name, facts in whole.facts.items()}


def test_files_and_ids_agree() -> None:
    names = {module.name for module in pkgutil.iter_modules(checks.__path__) if not module.name.startswith("_")}
    assert names == {check.id.replace("-", "_") for check in ALL}


def test_cases_are_of_checks() -> None:
    assert set(cases()) <= set(checks.registry())


def test_texts_are_each_their_own() -> None:
    for texts in ([check.title for check in ALL], [check.rationale for check in ALL], [check.fix for check in ALL]):
        assert len(set(texts)) == len(texts)


@every_check
def test_texts_say_something(check: Check) -> None:
    assert len(check.id) <= 63
    assert check.id == check.id.lower()
    assert check.level in LEVELS
    assert check.area in AREAS
    assert 10 <= len(check.title) <= 100
    assert check.title[0].isupper() or "." in check.title.split()[0]
    assert check.title[-1].isalnum()
    assert len(check.rationale.split()) >= 15
    assert check.rationale.rstrip().endswith(".")
    assert "```" in check.fix
    assert len(check.applies_to) >= len(EVERYWHERE)
    assert not check.applies_to.endswith(".")
    assert check.source
    texts = f"{check.title} {check.applies_to} {check.rationale} {check.fix}".lower().split()
    assert not set(BOILERPLATE) & {word.strip(".,:;!?") for word in texts}


@every_check
def test_texts_fit_the_level_and_the_sources(check: Check) -> None:
    assert check.source.startswith(("https://", "Goldpath: "))
    assert not any(line != line.rstrip() for line in check.rationale.splitlines())
    assert check.fix.count("```") % 2 == 0


@every_check
def test_a_check_has_cases_that_pass_and_that_fail(check: Check) -> None:
    assert {Outcome.PASS, Outcome.FAIL} <= outcomes(check)


@every_check
def test_a_check_has_a_case_to_which_it_does_not_apply(check: Check) -> None:
    assert (Outcome.NOT_APPLICABLE in outcomes(check)) is (not check.applies_to.startswith(EVERYWHERE))


@every_check
def test_a_check_that_reads_has_a_case_that_it_cannot_read(check: Check) -> None:
    assert Outcome.ERROR in outcomes(check) or not reading(check)


@every_check
def test_an_empty_tree_is_no_pass_but_where_nothing_can_be_wrong(check: Check) -> None:
    finding = check.run(subject({}))
    assert_sound(finding)
    assert finding.outcome is not Outcome.PASS or check.id in READ_AS_BYTES


@every_check
@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_never_passes(check: Check, kind: str) -> None:
    for case in reading(check)[:2]:
        finding = Case(Outcome.PASS, dict.fromkeys(case.texts, GARBAGE[kind]), known=case.known).run(check.id)
        assert_sound(finding)
        assert finding.outcome is not Outcome.PASS or check.id in READ_AS_BYTES, finding


@every_check
def test_links_are_not_followed(check: Check) -> None:
    for case in reading(check)[:2]:
        finding = Case(Outcome.PASS, case.texts, links=frozenset(case.texts), known=case.known).run(check.id)
        assert_sound(finding)
        assert finding.outcome is not Outcome.PASS or check.id in READ_AS_BYTES, finding


@every_check
def test_a_parser_that_failed_never_passes(check: Check) -> None:
    """A judge that is not installed, or that took too long: the fact says so, and nobody knows."""
    for case in reading(check)[:2]:
        whole = subject(case.texts, **case.known)
        broken = without(whole, *whole.facts)
        finding = check.run(Subject(whole.files, broken, **case.known))
        assert_sound(finding)
        assert finding.outcome is not Outcome.PASS, finding


@every_check
def test_any_single_parser_that_failed_is_no_worse(check: Check) -> None:
    for case in reading(check)[:1]:
        whole = subject(case.texts, **case.known)
        for name in whole.facts:
            finding = check.run(Subject(whole.files, without(whole, name), **case.known))
            assert_sound(finding)
            assert finding.outcome is not Outcome.FAIL, (name, finding)


@lru_cache(maxsize=1)
def enormous() -> Subject:
    """Return 50,000 files of all kinds, of which none was read."""
    names = (
        "a.go",
        "b.yaml",
        "Dockerfile",
        "README.md",
        ".dockerignore",
        "go.mod",
        "x_test.go",
        "Makefile",
        "slo.yml",
        "z",
    )
    folders = ("deployments/k8s/base", ".github/workflows", "internal/app", "docs/adr", "api/rest")
    paths = [f"{folder}/{number}/{name}" for folder in folders for number in range(1000) for name in names]
    files = {path: File(path, "0" * 40, "100644", 10) for path in (*paths, *names, ".github/workflows/ci.yml")}
    return Subject(files, {}, omitted=dict.fromkeys(files, "only 3,000 files of a repository are read"))


@every_check
def test_fifty_thousand_files(check: Check) -> None:
    finding = check.run(enormous())
    assert_sound(finding)
    assert finding.outcome is not Outcome.PASS, finding


@every_check
def test_names_that_are_hostile(check: Check) -> None:
    """Paths with control characters, markup and 3,000 characters are data like any other."""
    bad = ("\x1b[31m", "<script>alert(1)</script>", "a" * 3000, "\u202e", "..", "\n")
    texts: dict[str, str | bytes] = {}
    for case in cases().get(check.id, [])[:3]:
        texts |= {f"{name}/{path}": text for name in bad for path, text in case.texts.items()}
    finding = Case(Outcome.PASS, texts).run(check.id)
    assert_sound(finding)


def test_checks_do_not_reach_outside() -> None:
    """A check is a function of the subject: nothing in it opens, runs or asks anything, or looks at the clock."""
    for path in Path(checks.__path__[0]).glob("[a-z_]*.py"):
        if path.name == "__init__.py":
            continue
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.Name):
                names.add(node.id)
        assert not names & OUTSIDE, path
