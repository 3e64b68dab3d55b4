from __future__ import annotations

import pytest

from catalog.descriptors import MAX_DOCUMENTS, MAX_PLACEHOLDERS, BoundedReader, parse_descriptor, resolve_placeholders
from catalog.validation import MAX_BYTES, MAX_DEPTH
from portal.foundation.errors import InputError


def test_several_documents_are_read_and_empty_ones_left_out() -> None:
    assert parse_descriptor("---\nkind: A\n---\n---\nkind: B\n") == [{"kind": "A"}, {"kind": "B"}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-01", "2026-01-01"),
        ("on", "on"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("010", 10),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("true", True),
        ("~", None),
        ("", None),
        ("<<", "<<"),
        ('"1"', "1"),
    ],
)
def test_scalars_are_those_of_json(text: str, value: object) -> None:
    found = parse_descriptor(f"v: {text}")[0]["v"]

    assert (found, type(found)) == (value, type(value))


def test_keys_are_text_whatever_they_look_like() -> None:
    assert parse_descriptor("200: ok\ntrue: t\n~: n") == [{"200": "ok", "true": "t", "~": "n"}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: &a A\nother: *a", "line 1: anchors"),
        ("a: 1\nb: [*x]", "line 2: anchors"),
        ("a: 1\na: 2", "line 2: the key 'a' is there twice"),
        ("? [a]\n: 1", "line 1: a key is a list"),
        ("? {a: b}\n: 1", "line 1: a key is a list"),
        ("a: [1", "in line"),
        ("a: !!python/object/apply:os.system ['id']", "in line 1"),
        ("a: !Ref x", "in line 1"),
        ("- a\n- b", "Document 1 of the descriptor is not a map"),
        ("just text", "Document 1 of the descriptor is not a map"),
        ("a: \x00", "not valid YAML"),
        ("a: \ud800", "not valid YAML"),
        (f"a: {'9' * 5000}", "too long"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_descriptor(text)

    assert words in refused.value.message


def test_billion_laughs_is_refused() -> None:
    lines = ["l0: &l0 [lol, lol]"] + [f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}, *l{n - 1}]" for n in range(1, 30)]

    with pytest.raises(InputError, match="anchors and aliases"):
        parse_descriptor("\n".join(lines))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_a_depth_bomb_is_refused(opening: str) -> None:
    with pytest.raises(InputError, match=f"more than {MAX_DEPTH} levels"):
        parse_descriptor(opening * 50_000)


def test_a_descriptor_of_over_a_megabyte_is_refused_before_it_is_read() -> None:
    with pytest.raises(InputError, match="longer than"):
        parse_descriptor("a: " + "x" * MAX_BYTES)


def test_a_value_bomb_is_refused() -> None:
    with pytest.raises(InputError, match=r"more than 50,000 values"):
        parse_descriptor(f"a: [{'1,' * 60_000}]")


def test_a_document_bomb_is_refused() -> None:
    with pytest.raises(InputError, match="documents"):
        parse_descriptor("a: 1\n---\n" * (MAX_DOCUMENTS + 1))


def test_placeholders_are_replaced_by_what_they_name() -> None:
    files = {"api.yaml": "openapi: 3.0.3\n", "a.json": '{"x": 1}', "b.yaml": "y: 2"}
    document = {"spec": {"definition": {"$text": "api.yaml"}, "more": [{"$json": "a.json"}, {"$yaml": "b.yaml"}]}}

    resolved = resolve_placeholders(document, files.__getitem__)

    assert resolved == {"spec": {"definition": "openapi: 3.0.3\n", "more": [{"x": 1}, {"y": 2}]}}


def test_a_map_with_more_than_a_placeholder_stays() -> None:
    document = {"spec": {"x": {"$text": "a", "other": 1}, "y": {"$text": 3}}}

    assert resolve_placeholders(document, lambda path: "never") == document


def test_a_placeholder_that_names_broken_json_is_refused() -> None:
    with pytest.raises(InputError, match=r"a\.json is named by \$json"):
        resolve_placeholders({"x": {"$json": "a.json"}}, lambda _: "[" * 100_000)


def test_thousands_of_placeholders_are_refused_before_they_are_read() -> None:
    read: list[str] = []

    def reader(path: str) -> str:
        read.append(path)
        return "x"

    document = {"spec": [{"$text": f"file-{number}"} for number in range(16_000)]}
    with pytest.raises(InputError, match="more than 50 files"):
        resolve_placeholders(document, reader)
    assert len(read) == MAX_PLACEHOLDERS


def test_placeholders_that_repeat_one_large_file_are_refused_and_read_it_once() -> None:
    read: list[str] = []

    def reader(path: str) -> str:
        read.append(path)
        return "x" * (MAX_BYTES // 4)

    bounded = BoundedReader(reader)
    document = {"spec": [{"$text": "large"}, {"$text": "large"}]}
    resolve_placeholders(document, bounded)
    resolve_placeholders(document, bounded)
    with pytest.raises(InputError, match="more than 1,000,000 bytes"):
        resolve_placeholders(document, bounded)
    assert read == ["large"]
