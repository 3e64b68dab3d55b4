"""YAML: values, lines, aliases, and everything that must not get through."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.examining.nodes import Node
from conformance.examining.parser import ParseError
from conformance.parsers import yaml
from conformance.parsers.yaml import parse


def documents(text: str) -> list[Node]:
    return [Node(each) for each in parse("file.yaml", text.encode())["documents"]]


def plain(text: str) -> Any:
    [document] = documents(text)
    return document.plain()


def refusal(text: str | bytes) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse("file.yaml", text.encode() if isinstance(text, str) else text)
    return caught.value


def test_lines_are_where_things_begin() -> None:
    [document] = documents("# comment\na:\n  b: [1,\n      two]\n\nc: |\n  text\n")
    assert document.line == 2
    assert document.at("a.b").line == 3
    assert document["a"]["b"][1].line == 4
    assert document["c"].line == 6


def test_every_document_of_a_stream_is_kept() -> None:
    assert [each.plain() for each in documents("a: 1\n---\n- b\n---\n")] == [{"a": 1}, ["b"], None]
    assert documents("") == []
    assert documents("# nothing but a comment\n") == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("yes", "yes"), ("on", "on"),
        ("12", 12), ("-3", -3), ("+4", 4), ("0640", 0o640), ("0o17", 0o17), ("0x1F", 31), ("08", 8),
        ("1.20", 1.2), (".5", 0.5), ("6.02e23", 6.02e23), ("1e999", "1e999"), (".inf", ".inf"), (".nan", ".nan"),
        ("1.2.3", "1.2.3"), ("2026-11-25", "2026-11-25"), ("10s", "10s"), ("1_000", "1_000"), ("12:30", "12:30"),
        ("9" * 40, "9" * 40), ('"12"', "12"), ("'true'", "true"), ("!!str 12", "12"), ("!!int '12'", 12),
        ("!Ref thing", "thing"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(written: str, meant: Any) -> None:
    value = plain(f"a: {written}\n")["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_the_trigger_of_a_workflow_stays_a_key() -> None:
    assert plain("on: push\nyes: 1\n12: 2\nnull: 3\n") == {"on": "push", "yes": 1, "12": 2, "null": 3}


def test_aliases_stand_for_what_they_name() -> None:
    assert plain("a: &x {b: [1]}\nc: *x\nd: &t text\n*t : e\n") == {
        "a": {"b": [1]},
        "c": {"b": [1]},
        "d": "text",
        "text": "e",
    }


def test_a_merge_key_gives_what_the_mapping_has_not_itself() -> None:
    text = "base: &a {x: 1, y: 2}\nmore: &b {y: 3, z: 4}\none:\n  <<: *a\n  y: 9\ntwo:\n  y: 9\n  <<: [*b, *a]\n"
    assert plain(text)["one"] == {"x": 1, "y": 9}
    assert plain(text)["two"] == {"x": 1, "y": 9, "z": 4}
    assert plain('"<<": 1\n') == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", 'The key "a" is there twice.', 3),
        ("a: [1\nb: 2\n", "It is not valid YAML", 2),
        ("a:\n\t- b\n", "It is not valid YAML", 2),
        ("a: *nothing\n", "The alias *nothing has no finished anchor before it.", 1),
        ("a: &x [*x]\n", "no finished anchor", 1),
        ("a: &x 1\n---\nb: *x\n", "no finished anchor", 3),
        ("? [a]\n: 1\n", "A key of a mapping is itself a mapping or a list.", 1),
        ("a:\n  <<: text\n", "Only mappings can be merged by <<.", 2),
        (f"? {'k' * 1001}\n: 1\n", "A key is longer than 1000 characters.", 1),
        ('a: "\\ud800"\n', "It is not valid YAML", 1),
        ("%YAML 9.0\n---\na: 1\n", "It is not valid YAML", 1),
        ("a: 1\nb: 2\nc\n", "It is not valid YAML", 4),
        ("a: " + "[" * 200, "It is nested more than 100 deep.", 1),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text: str, words: str, line: int) -> None:
    error = refusal(text)
    assert words in str(error)
    assert error.line == line


def test_a_laughing_bomb_is_refused() -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert "aliases expand to more than 20000 nodes" in str(refusal("\n".join(["a0: &a0 [x, x, x]", *levels])))


def test_a_bomb_of_one_long_text_is_refused() -> None:
    assert "characters" in str(refusal(f"a: &a {'x' * 900_000}\nb: [*a, *a, *a]\n"))


def test_aliases_cannot_deepen_what_is_deep_already() -> None:
    steps = ["a0: &a0 [x]"] + [f"a{i}: &a{i} {'[' * 20}*a{i - 1}{']' * 20}" for i in range(1, 9)]
    assert "nested more than 100 deep" in str(refusal("\n".join(steps)))


def test_a_document_of_very_many_nodes_is_refused() -> None:
    assert "nodes" in str(refusal("- a\n" * (yaml.MOST_NODES + 1)))


def test_texts_hold_no_nul() -> None:
    assert plain('a: "x\\0y"\n') == {"a": "x�y"}


def test_tags_construct_nothing() -> None:
    assert plain("a: !!python/object/apply:os.system ['false']\n") == {"a": ["false"]}


def test_byte_order_mark_and_windows_line_ends_are_as_nothing() -> None:
    [document] = parse("file.yaml", b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n")["documents"]
    assert Node(document).plain() == {"a": 1, "b": "x\ny\n"}
    assert Node(document)["b"].line == 2


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def is_text_of_yaml(value: Any) -> bool:
    return not any(each in json.dumps(value) for each in ("\\ud", "\\u0", "\\ufeff", "\\ufff"))


@settings(max_examples=200, deadline=None)
@given(values)
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    text = pyyaml.safe_dump(value, allow_unicode=True)
    keys_are_distinct = json.loads(json.dumps(value)) == value
    if is_text_of_yaml(value) and keys_are_distinct:
        [document] = parse("file.yaml", text.encode())["documents"]
        assert Node(document).plain() == value


def test_all_yaml_of_a_rendered_service_is_as_pyyaml_reads_it(rendered: dict[str, bytes]) -> None:
    paths = [path for path in rendered if yaml.PARSER.wants(path)]
    assert len(paths) > 15
    for path in paths:
        read = [Node(each).plain() for each in parse(path, rendered[path])["documents"]]
        assert read == [_texts(each) for each in pyyaml.load_all(rendered[path], Loader=_Core)], path


class _Core(pyyaml.SafeLoader):
    """PyYAML without its readings of YAML 1.1 that 1.2 has not: truth values such as `on`, and dates."""


_Core.yaml_implicit_resolvers = {
    first: [
        (tag, expression)
        for tag, expression in resolvers
        if tag.rpartition(":")[2] in ("int", "float", "null", "merge")
    ]
    for first, resolvers in pyyaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"), list("tf"))


def _texts(value: Any) -> Any:
    """Return what PyYAML read with keys as texts."""
    if isinstance(value, dict):
        return {str(key): _texts(each) for key, each in value.items()}
    return [_texts(each) for each in value] if isinstance(value, list) else value
