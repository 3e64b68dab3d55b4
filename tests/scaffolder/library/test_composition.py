"""Composing layers, go.mod fragments, and finding what changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portal.foundation import home
from portal.foundation.errors import InputError
from scaffolder import library
from scaffolder.library import composition, gomod, loading
from scaffolder.rendering.service import render_with
from scaffolder.syntax import MODULE_PLACEHOLDER
from tests.scaffolder.fixture_library import FILES, REF, VALUES, layer, write_library


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_library(tmp_path / "library")


def load(root: Path) -> library.Library:
    loading._loaded.clear()
    return library.load(root)


def test_requirements_are_the_union_with_the_versions_of_the_superset(root: Path) -> None:
    composed = gomod.compose(root, [], module="example.com/x")
    assert composed is not None
    assert composed[0] == (
        "module example.com/x\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.2.0\n)\n\n"
        "require (\n\texample.com/b v0.3.0 // indirect\n)\n"
    )
    assert composed[1] == "example.com/a v1.2.0 h1:a=\n"


def test_module_that_one_fragment_needs_directly_is_direct(root: Path) -> None:
    composed = gomod.compose(root, ["postgres"], module="example.com/x")
    assert composed is not None
    assert "\texample.com/b v0.3.0\n" in composed[0]
    assert composed[1] == "example.com/a v1.2.0 h1:a=\nexample.com/c v1.0.0 h1:c=\n"


def test_library_without_fragments_composes_without_go_mod(tmp_path: Path) -> None:
    root = write_library(tmp_path / "bare", {path: None for path in FILES if path.startswith("gomod/")})
    assert gomod.compose(root, [], module="x") is None


def test_composition_is_kept_by_its_content(root: Path) -> None:
    loaded = load(root)
    first = library.compose(loaded, loaded.templates[REF], [])
    composition._memory.clear()
    assert library.compose(loaded, loaded.templates[REF], []) == first
    other = library.compose(loaded, loaded.templates[REF], ["postgres"])
    assert other.digest != first.digest


def test_two_workers_composing_at_once_get_one_result(root: Path) -> None:
    loaded = load(root)

    def compose(_: int) -> str:
        composition._memory.clear()
        return library.compose(loaded, loaded.templates[REF], ["postgres"]).digest

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(compose, range(16)))) == 1
    assert len(list(home.folder("cache", "compositions").iterdir())) == 1


def test_oldest_compositions_go(root: Path) -> None:
    loaded = load(root)
    for chosen in ([], ["postgres"]):
        library.compose(loaded, loaded.templates[REF], chosen)
    assert library.trim(keep=2) == 0
    assert library.trim(keep=1) == 1
    assert library.compose(loaded, loaded.templates[REF], []).directory.is_dir()


def test_unknown_capability_is_refused(root: Path) -> None:
    loaded = load(root)
    with pytest.raises(InputError, match="no capability called kafka"):
        library.compose(loaded, loaded.templates[REF], ["kafka"])


def test_needs_of_a_capability_come_with_it(root: Path, tmp_path: Path) -> None:
    text = FILES["library.yaml"]
    text = text.replace("capabilities:\n  - postgres", "capabilities:\n  - postgres\n  - outbox")
    text = text.replace("- capabilities/postgres", "- capabilities/postgres\n  - capabilities/outbox")
    outbox = layer("capabilities/outbox", requires=["postgres"])
    changes: dict[str, str | None] = {"library.yaml": text, "capabilities/outbox/manifest.yaml": outbox}
    loaded = load(write_library(tmp_path / "needs", changes))
    assert library.chosen_capabilities(loaded, loaded.templates[REF], ["outbox"]) == ("postgres", "outbox")
    conflicting = layer("capabilities/outbox", conflicts=["postgres"])
    loaded = load(
        write_library(tmp_path / "conflict", {**changes, "capabilities/outbox/manifest.yaml": conflicting})
    )  # fmt: skip
    with pytest.raises(InputError, match="cannot be chosen together"):
        library.chosen_capabilities(loaded, loaded.templates[REF], ["outbox", "postgres"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"goldpath.local/service/pkg"', '"[[= cookiecutter.module ]]/pkg"'),
        ("module goldpath.local/service\n", "module [[= cookiecutter.module ]]\n"),
        ("-X goldpath.local/service/x.V=1", "-X [[= cookiecutter.module ]]/x.V=1"),
        ("in goldpath.local/service.", "in [[= cookiecutter.module ]]."),
        ("goldpath.local/services", "goldpath.local/services"),
        ("goldpath.local/service-x", "goldpath.local/service-x"),
        ("goldpath.local/service.v2", "goldpath.local/service.v2"),
        ("x.goldpath.local/service", "x.goldpath.local/service"),
        ("https://goldpath.local/service", "https://goldpath.local/service"),
    ],
)
def test_placeholder_is_replaced_as_a_token_only(before: str, after: str) -> None:
    content, _ = composition._with_module_variable("x.go", before.encode(), verbatim=False)
    assert content.decode() == after


def test_change_of_one_byte_changes_the_digest(root: Path) -> None:
    before = load(root).digest
    (root / "base/files/README.md").write_text("# Changed\n", encoding="utf-8")
    changed = load(root).digest
    (root / "base/files/scripts/run.sh").chmod(0o644)
    assert len({before, changed, load(root).digest}) == 3


def test_library_is_read_again_only_when_a_file_changed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(root)
    monkeypatch.setattr(loading, "LOOK_AGAIN_SECONDS", -1.0)
    assert library.load(root) is first
    (root / "base/files/README.md").write_text("# Changed\n", encoding="utf-8")
    assert library.load(root) is not first


def test_oldest_kept_libraries_go(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "KEPT_LIBRARIES", 2)
    kept = []
    for number in range(3):
        (root / "base/files/README.md").write_text(f"# {number}\n", encoding="utf-8")
        kept.append(library.keep(load(root)))
    assert [path.is_dir() for path in kept] == [False, True, True]


def test_command_lints(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("templates", "lint", "--root", str(root))
    assert "fixture 0.1.0: 1 template(s), no problems" in capsys.readouterr().out
    (root / "base/files/bad.md").write_text("<%% if %%>\n", encoding="utf-8")
    with pytest.raises(CommandError, match="1 problem"):
        call_command("templates", "lint", "--root", str(root))
    assert "base/files/bad.md:1" in capsys.readouterr().err


def test_command_composes_a_live_tree(root: Path, tmp_path: Path) -> None:
    call_command("templates", "compose", "tiny", str(tmp_path / "live"), "--with", "postgres", "--root", str(root))
    text = (tmp_path / "live/cmd/server/main.go").read_text(encoding="utf-8")
    assert '"goldpath.local/service/pkg/greet"' in text
    assert '//% if cookiecutter.postgres == "yes"' in text
    assert (tmp_path / "live/go.mod").read_text(encoding="utf-8").startswith("module goldpath.local/service\n")


def test_command_renders_from_a_file_of_answers(root: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "{name: ledger, description: x, owner: group:default/payments, postgres: true}\n", encoding="utf-8"
    )
    call_command("templates", "render", "tiny", str(tmp_path / "out"), "--values", str(answers), "--root", str(root))
    assert (tmp_path / "out/pkg/postgres/pool.go").exists()
    with pytest.raises(CommandError, match="exists already"):
        call_command(
            "templates", "render", "tiny", str(tmp_path / "out"), "--values", str(answers), "--root", str(root)
        )
    answers.write_text("{name: -x}\n", encoding="utf-8")
    with pytest.raises(CommandError, match="name: name has characters"):
        call_command(
            "templates", "render", "tiny", str(tmp_path / "new"), "--values", str(answers), "--root", str(root)
        )
    with pytest.raises(CommandError, match="there are: tiny"):
        call_command("templates", "compose", "large", str(tmp_path / "new"), "--root", str(root))


def with_redis(**spec: Any) -> dict[str, str | None]:
    """Changes that give the fixture library a second capability, `redis`."""
    text = FILES["library.yaml"]
    text = text.replace("capabilities:\n  - postgres", "capabilities:\n  - postgres\n  - redis")
    text = text.replace("- capabilities/postgres", "- capabilities/postgres\n  - capabilities/redis")
    return {"library.yaml": text, "capabilities/redis/manifest.yaml": layer("capabilities/redis", **spec)}


def test_a_capability_that_needs_one_of_others_names_them(tmp_path: Path) -> None:
    loaded = load(write_library(tmp_path / "any", with_redis(requiresAny=["postgres"])))
    template = loaded.templates[REF]
    with pytest.raises(InputError, match="redis needs one of postgres") as refused:
        library.chosen_capabilities(loaded, template, ["redis"])
    assert [error.path for error in refused.value.fields] == [("redis",)]
    assert library.chosen_capabilities(loaded, template, ["redis", "postgres"]) == ("postgres", "redis")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [([], {"neither"}), (["postgres"], {"one"}), (["redis"], set()), (["postgres", "redis"], {"both"})],
)
def test_files_come_along_when_their_condition_holds(tmp_path: Path, chosen: list[str], expected: set[str]) -> None:
    changes = with_redis()
    conditions = {"postgres+redis": "both", "postgres+no-redis": "one", "no-postgres+no-redis": "neither"}
    changes |= {f"services/tiny/when/{condition}/seen/{name}.txt": "x\n" for condition, name in conditions.items()}
    loaded = load(write_library(tmp_path / "when", changes))
    paths = composition.composed_tree(loaded, loaded.templates[REF], chosen).sources
    assert {path.removeprefix("seen/").removesuffix(".txt") for path in paths if path.startswith("seen/")} == expected


def test_fragments_join_when_their_condition_holds(root: Path) -> None:
    pair = root / "gomod" / "postgres+redis.mod"
    pair.write_text("module x\n\nrequire example.com/d v1.0.0\n", encoding="utf-8")
    pair.with_suffix(".sum").write_text("", encoding="utf-8")
    alone, both = (gomod.compose(root, chosen, module="x") for chosen in (["postgres"], ["postgres", "redis"]))
    assert alone is not None
    assert both is not None
    assert "example.com/d" not in alone[0]
    assert "\texample.com/d v1.0.0\n" in both[0]


def test_statements_in_comments_vanish_from_a_render(tmp_path: Path) -> None:
    text = 'a: 1\n  #% if cookiecutter.postgres == "yes"\n  b: 2\n  #% endif\nc: 3 #% stays\n'
    loaded = load(write_library(tmp_path / "yaml", {"base/files/values.yaml": text}))
    for postgres, expected in ((True, "a: 1\n  b: 2\nc: 3 #% stays\n"), (False, "a: 1\nc: 3 #% stays\n")):
        render = render_with(loaded, REF, {**VALUES, "postgres": postgres}, tmp_path / f"out-{postgres}")
        assert (render.directory / "values.yaml").read_text(encoding="utf-8") == expected


def test_a_package_below_another_comes_along_when_something_imports_it(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "platform/pkg/greet/loud/loud.go": "package loud\n",
        "platform/pkg/greet/loud/testdata/x.txt": "x\n",
        "platform/pkg/greet/testdata/y.txt": "y\n",
        "capabilities/postgres/files/x/loud.go": f'package x\n\nimport _ "{MODULE_PLACEHOLDER}/pkg/greet/loud"\n',
    }
    own = ["pkg/greet/greet.go", "pkg/greet/testdata/y.txt"]
    loud = ["pkg/greet/loud/loud.go", "pkg/greet/loud/testdata/x.txt"]
    loaded = load(write_library(tmp_path / "below", changes))
    for chosen, expected in ([], own), (["postgres"], sorted([*own, *loud])):
        paths = composition.composed_tree(loaded, loaded.templates[REF], chosen).sources
        assert [path for path in paths if path.startswith("pkg/greet/")] == expected


def test_packages_bring_the_packages_that_they_import(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "platform/pkg/greet/greet.go": f'package greet\n\nimport w "{MODULE_PLACEHOLDER}/pkg/words"\n\nvar _ = w.X\n',
        "platform/pkg/words/words.go": f'package words\n\n// "{MODULE_PLACEHOLDER}/pkg/postgres"\nvar X = 1\n',
    }
    loaded = load(write_library(tmp_path / "needs", changes))
    paths = composition.composed_tree(loaded, loaded.templates[REF], []).sources
    assert [path for path in paths if path.startswith("pkg/")] == ["pkg/greet/greet.go", "pkg/words/words.go"]
