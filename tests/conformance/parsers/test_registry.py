"""What holds for all parsers."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import parsers
from conformance.models import Fact

SHARED = {"yaml", "gosource", "gotest", "gomod", "gosum", "dockerfile", "markdown", "license", "codeowners", "makefile",
          "ignorefile", "secrets", "hadolint", "actionlint", "zizmor", "kubernetes", "schemas"}  # fmt: skip


def test_every_file_of_the_folder_is_a_parser_of_its_name() -> None:
    files = {path.stem for path in Path(parsers.__path__[0]).glob("*.py") if not path.stem.startswith("_")}
    assert set(parsers.registry()) == files
    assert files >= SHARED


@pytest.mark.parametrize("name", sorted(parsers.registry()))
def test_names_and_versions_fit_the_table_of_facts(name: str) -> None:
    parser = parsers.registry()[name]
    assert len(parser.name) <= (Fact._meta.get_field("parser").max_length or 0)
    assert len(parser.version) <= (Fact._meta.get_field("version").max_length or 0)
    assert "absent" not in parser.version
    assert "unknown" not in parser.version


def test_a_rendered_service_is_read_without_one_error(rendered: dict[str, bytes]) -> None:
    for parser in parsers.registry().values():
        if not parser.is_external:
            for path, content in rendered.items():
                if parser.wants(path):
                    first = parser.parse(path, content)
                    assert first == parser.parse("another/path", content), path
