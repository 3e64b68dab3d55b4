"""The examiner: parses and judges in a process of its own, which may be killed at any moment.

It reads requests from standard input, one JSON object a line, and answers each with one line per unit of work, in the
order asked, so that whoever waits knows which unit was at work when nothing comes. It knows neither Django nor the
database. Run by `conformance.scanning.examiner`.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from conformance import checks, parsers
from conformance.examining.parser import ParseError, Parser, ToolMissingError, facts_in
from conformance.examining.subject import File, FileDrift, LockState, Subject
from scaffolder import sandbox

Kept = dict[tuple[str, str], Any]

IDLE_SECONDS = 15.0
MOST_MEMORY = 2 * 1024 * sandbox.MEGABYTE


def main() -> None:
    """Answer requests until nobody asks any more, or the parent is gone."""
    _close_in()
    requests = sys.stdin.buffer
    answers = sys.stdout.buffer
    parsers.registry(), checks.registry()
    gc.freeze()
    gc.disable()  # a request makes a hundred thousand short-lived objects and no cycles worth looking for
    kept: Kept = {}
    answers.write(b"{}\n")  # ready: from here on the time of each unit counts
    answers.flush()
    while select.select([requests], [], [], IDLE_SECONDS)[0]:
        line = requests.readline()
        if not line:
            return
        for answer in answered(json.loads(line), kept):
            answers.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
            answers.flush()
        gc.collect(0)


def answered(request: Mapping[str, Any], kept: Kept) -> Iterator[dict[str, Any]]:
    """Yield the answer to each unit of a request.

    `{"parse": [{"parser", "path", "key", "content"}]}` parses and keeps the facts under parser and key;
    `{"judge": [check ids], "subject": {...}, "given": [[parser, key, facts]], "drop": [[parser, key]]}` judges a
    subject whose facts are named by their keys: those that are kept, and those that are given and kept from now on.
    """
    if "parse" in request:
        for item in request["parse"]:
            answer = _parsed(parsers.registry()[item["parser"]], item["path"], base64.b64decode(item["content"]))
            kept[item["parser"], item["key"]] = facts_in(answer)
            yield answer
        return
    for parser, key in request["drop"]:
        kept.pop((parser, key), None)
    kept |= {(parser, key): facts for parser, key, facts in request["given"]}
    subject = subject_from(request["subject"], kept)
    for check_id in request["judge"]:
        finding = checks.registry()[check_id].run(subject)
        yield {
            "verdict": finding.outcome.value,
            "message": finding.message[:500],
            "evidence": [{"path": each.path, "line": each.line, "note": each.note} for each in finding.evidence],
        }


def subject_from(given: Mapping[str, Any], kept: Kept) -> Subject:
    """Return the subject that a request describes, with facts out of `kept`."""
    facts = {parser: {path: kept[parser, key] for path, key in keys.items()} for parser, keys in given["facts"].items()}
    return Subject(
        files={path: File(path, *values) for path, values in given["files"].items()},
        facts=facts,
        drift=tuple(FileDrift(**state) for state in given["drift"]),
        lock=LockState(**given["lock"]),
        entity=given["entity"],
        teams=frozenset(given["teams"]),
        forge=given["forge"],
        codeowners_org=given["codeownersOrg"],
        omitted=given["omitted"],
    )


def _parsed(parser: Parser, path: str, content: bytes) -> dict[str, Any]:
    try:
        return {"facts": parser.parse(path, content)}
    except ParseError as error:
        return {"facts": {"error": str(error)[:300], "line": error.line}}
    except ToolMissingError as error:
        return {"missing": f"Tool missing: {error}"[:300]}
    except RecursionError:
        return {"facts": {"error": "It is nested too deeply to be read."}}
    except Exception as error:  # noqa: BLE001 - one file must not end the scan of a service
        return {"failed": f"{parser.name} failed on this file ({type(error).__name__})."}


def _close_in() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.die_with_parent()
    sandbox.leave_the_network()
    # Not the address space: some of the judges reserve a terabyte of it and use little.
    sandbox.limit({resource.RLIMIT_DATA: MOST_MEMORY, resource.RLIMIT_CORE: 0})
    os.nice(5)


if __name__ == "__main__":
    main()
