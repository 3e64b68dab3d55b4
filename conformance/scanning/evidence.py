"""Backs findings with what is really in the commit: the blob's id and the text of the line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.foundation.redaction import redact
from scaffolder.git import ObjectReader, TreeFile

EXCERPT = 200
MOST_BYTES = 1024 * 1024


def backed(
    results: Mapping[str, dict[str, Any]], files: Mapping[str, TreeFile], reader: ObjectReader
) -> dict[str, dict[str, Any]]:
    """Return the results with `sha` and `excerpt` in each piece of evidence; a path that is not there keeps neither.

    Excerpts are read for failures and errors only: what passes is shown by its place.
    """
    wanted = {
        files[each["path"]].blob
        for result in results.values()
        if result["verdict"] in {"fail", "error"}
        for each in result["evidence"]
        if each["line"] and each["path"] in files
    }
    lines = _lines(reader, wanted)
    return {
        check: {**result, "evidence": [_backed(each, files, lines) for each in result["evidence"]]}
        for check, result in results.items()
    }


def _lines(reader: ObjectReader, blobs: Iterable[str]) -> dict[str, list[bytes]]:
    sizes = reader.sizes(sorted(blobs))
    small = [blob for blob, size in sizes.items() if size <= MOST_BYTES]
    return {blob: content.split(b"\n") for blob, content in reader.blobs(small)}


def _backed(each: Mapping[str, Any], files: Mapping[str, TreeFile], lines: Mapping[str, list[bytes]]) -> dict[str, Any]:
    path, line = str(each["path"]), int(each["line"])
    blob = files[path].blob if path in files else ""
    texts = lines.get(blob, [])
    text = texts[line - 1].decode("utf-8", "replace").strip() if 0 < line <= len(texts) else ""
    return {**each, "sha": blob, "excerpt": _shown(text)}


def _shown(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return redact(printable)[:EXCERPT] if printable else ""
