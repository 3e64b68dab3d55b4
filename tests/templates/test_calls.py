"""Two rendered services with everything call each other, as processes, with real engines, tokens and traces."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scaffolder.library import Library
from scaffolder.rendering.service import render_with
from tests.templates.conftest import BLANK, GoTree, answers, race
from tests.templates.sets import answers_for

pytestmark = pytest.mark.go
PROGRAM = Path(__file__).parent / "calls" / "calls_test.go"
NAMES = ("ledger", "orders")


@pytest.fixture(scope="module")
def services(go: str, go_library: Library, stable: Path) -> dict[str, GoTree]:
    """The services by name, rendered with every capability and built."""
    found = {}
    for name in NAMES:
        folder = stable / "calls" / name
        shutil.rmtree(folder, ignore_errors=True)
        render_with(go_library, BLANK, answers(name=name, **answers_for("all")), folder)
        found[name] = GoTree(folder)
        found[name].run("go", "build", "-o", "bin/", "./cmd/server", "./tools/devissuer")
        found[name].run("go", "build", "-C", "test/load", "-o", "../../bin/load", ".")
    return found


@pytest.mark.parametrize(("caller", "callee"), [NAMES, NAMES[::-1]])
def test_a_service_calls_another(
    services: dict[str, GoTree], engines: dict[str, str], caller: str, callee: str
) -> None:
    tree, other = services[caller], services[callee]
    modules = {each: services[each].run("go", "list", "-m").strip() for each in NAMES}
    place = tree.folder / "test" / "calls" / "calls_test.go"
    place.parent.mkdir(exist_ok=True)
    text = PROGRAM.read_text(encoding="utf-8")
    text = text.replace("caller.local/service", modules[caller]).replace("callee.local/service", modules[callee])
    place.write_text(text, encoding="utf-8")
    tree.run("go", "mod", "edit", f"-require={modules[callee]}@v0.0.0", f"-replace={modules[callee]}={other.folder}")
    programs = {"SERVER": "server", "ISSUER": "devissuer", "LOAD": "load"}
    binaries = {variable: str(other.folder / "bin" / program) for variable, program in programs.items()}
    output = tree.run("go", "test", "-mod=mod", "-count=1", "-v", *race(), "./test/calls", **engines, **binaries)
    assert output.count("--- PASS: Test") == 4, output
