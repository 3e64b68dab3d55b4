"""Licences are known by their texts."""

from __future__ import annotations

import random
import textwrap

import pytest
from identify.vendor.licenses import LICENSES

from conformance.parsers import license as licences

COMMON = (
    "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "MPL-2.0", "ISC", "GPL-3.0", "LGPL-3.0", "AGPL-3.0",
    "EUPL-1.2",
)  # fmt: skip
TEXTS = dict(LICENSES)


def spdx(text: str) -> str:
    return str(licences.parse("LICENSE", text.encode())["spdx"])


@pytest.mark.parametrize("name", COMMON)
def test_each_common_licence_is_known(name: str) -> None:
    assert licences.parse("LICENSE", TEXTS[name].encode()) == {"spdx": name, "similarity": 1.0}


@pytest.mark.parametrize("name", COMMON)
def test_a_holder_other_breaks_and_capitals_change_nothing(name: str) -> None:
    text = TEXTS[name].replace("[year]", "2026").replace("[fullname]", "Acme Payments GmbH & Co. KG")
    paragraphs = [textwrap.fill(each, 50) for each in text.split("\n\n")]
    changed = "\r\n \r\n".join(["Copyright 2026 Acme", "All rights reserved.", *paragraphs])
    assert spdx(changed.upper()) == name


@pytest.mark.parametrize("name", COMMON)
def test_half_a_licence_is_none(name: str) -> None:
    text = TEXTS[name]
    assert spdx(text[: len(text) // 2]) == ""


def test_other_words_are_no_licence() -> None:
    words = TEXTS["MIT"].split()
    random.Random(1).shuffle(words)
    assert spdx(" ".join(words)) == ""
    assert licences.parse("LICENSE", b"") == {"spdx": "", "similarity": 0.0}
    assert spdx("Proprietary. All rights reserved. Do not copy.") == ""


def test_the_usual_appendix_of_apache_may_be_there_or_not() -> None:
    whole = TEXTS["Apache-2.0"]
    assert spdx(whole[: whole.index("END OF TERMS")]) == "Apache-2.0"


@pytest.mark.parametrize(
    ("path", "is_wanted"),
    [
        ("LICENSE", True), ("LICENCE", True), ("LICENSE.md", True), ("LICENSE-MIT", True), ("license.txt", True),
        ("COPYING", True), ("docs/LICENSE", False), ("LICENSES.go", False), ("licensing.go", False),
    ],
)  # fmt: skip
def test_which_files_are_licences(path: str, is_wanted: bool) -> None:
    assert licences.PARSER.wants(path) is is_wanted
