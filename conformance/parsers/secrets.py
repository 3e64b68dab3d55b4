"""Secrets that were committed: private keys and the tokens of clouds and forges, told by their published formats.

An own list, for two reasons. detect-secrets, the library for this, has had no release since May 2024, so it misses the
formats that came later, and it asks each of its detectors about each line, which costs more than all other parsers
together. And only formats that carry their issuer's mark are told here: guesses by entropy cry wolf in tests.

Sources: https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns, RFC
7468 for keys, and the issuers' own pages. What is obviously made up does not count (`AKIAIOSFODNN7EXAMPLE`, one letter
repeated).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.examining.parser import Parser

MOST_FINDINGS = 100
FEWEST_DIFFERENT = 6


@dataclass(frozen=True, slots=True)
class _Rule:
    """A format: what is in every such secret, looked for first because that is fast, and the whole expression.

    A mark begins with a letter of its own, not with a choice or a look behind: then it is found by a plain search.
    """

    name: str
    mark: re.Pattern[bytes]
    format: re.Pattern[bytes]


def _rule(name: str, mark: str, expression: str) -> _Rule:
    return _Rule(name, re.compile(mark.encode()), re.compile(expression.encode()))


_BEFORE, _AFTER = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"
_RULES = (
    _Rule(
        "private-key",
        re.compile(b"PRIVATE KEY"),
        re.compile(
            rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            rb"(?:\\[nr]|[\s\"'+,])*(?:[A-Za-z-]{1,40}: [^\n\\]{0,100}(?:\\[nr]|\s)+){0,4}[A-Za-z0-9+/]{16,}"
        ),
    ),
    _rule("aws-access-key", r"A[KS]IA", rf"{_BEFORE}(?:AKIA|ASIA)[A-Z2-7]{{16}}{_AFTER}"),
    _rule("azure-storage-key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    _rule("google-api-key", "AIza", rf"{_BEFORE}AIza[A-Za-z0-9_-]{{35}}{_AFTER}"),
    _rule("digitalocean-token", "_v1_", rf"{_BEFORE}do[opr]_v1_[a-f0-9]{{64}}{_AFTER}"),
    _rule("github-token", r"gh[pousr]_", rf"{_BEFORE}gh[pousr]_[A-Za-z0-9]{{36,255}}{_AFTER}"),
    _rule("github-token", "github_pat_", rf"{_BEFORE}github_pat_[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{59}}{_AFTER}"),
    _rule(
        "gitlab-token",
        r"gl(?:pat|dt|rt|cbt|ptt|agent|soat|ft|imt)-",
        rf"{_BEFORE}gl(?:pat|dt|rt|cbt|ptt|agent|soat|ft|imt)-[A-Za-z0-9_-]{{20,100}}",
    ),
    _rule(
        "slack-token",
        r"x(?:ox[abprs]|app)-",
        rf"{_BEFORE}(?:xox[abprs]|xapp)-[0-9]+-[A-Za-z0-9-]{{20,}}",
    ),
    _rule(
        "slack-webhook",
        r"hooks\.slack\.com/services/",
        r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}",
    ),
    _rule("stripe-key", "k_live_", rf"{_BEFORE}[sr]k_live_[A-Za-z0-9]{{24,247}}{_AFTER}"),
    _rule("npm-token", "npm_", rf"{_BEFORE}npm_[A-Za-z0-9]{{36}}{_AFTER}"),
    _rule("pypi-token", "pypi-AgEI", rf"{_BEFORE}pypi-AgEI[A-Za-z0-9_-]{{50,}}"),
    _rule("docker-token", r"dckr_[op]at_", rf"{_BEFORE}dckr_[op]at_[A-Za-z0-9_-]{{27,}}"),
    _rule("sendgrid-key", r"SG\.", rf"{_BEFORE}SG\.[A-Za-z0-9_-]{{22}}\.[A-Za-z0-9_-]{{43}}{_AFTER}"),
    _rule("vault-token", r"hv[sb]\.", rf"{_BEFORE}hv[sb]\.[A-Za-z0-9_-]{{90,300}}{_AFTER}"),
    _rule("terraform-token", r"\.atlasv1\.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
    _rule("anthropic-key", "sk-ant-", rf"{_BEFORE}sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{{80,}}"),
    _rule("openai-key", "T3BlbkFJ", rf"{_BEFORE}sk-[A-Za-z0-9_-]{{20,200}}T3BlbkFJ[A-Za-z0-9_-]{{20,}}"),
)
_LEFT_OUT = (
    "go.sum", ".gen.go", ".pb.go",
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".pdf", ".gz", ".zip", ".woff", ".woff2",
)  # fmt: skip


def parse(_path: str, content: bytes) -> Any:
    """Return rule and line of what looks like a secret, never the secret. Content of any encoding will do."""
    found = {(line, name) for name, line in _found(content)}
    return {"findings": [{"rule": name, "line": line} for line, name in sorted(found)[:MOST_FINDINGS]]}


def _found(content: bytes) -> Iterator[tuple[str, int]]:
    for rule in _RULES:
        if rule.mark.search(content) is None:  # nearly always
            continue
        for count, match in enumerate(rule.format.finditer(content)):
            if count == MOST_FINDINGS:
                break
            if not _is_made_up(match[0]):
                yield rule.name, content.count(b"\n", 0, match.start()) + 1


def _is_made_up(secret: bytes) -> bool:
    return b"EXAMPLE" in secret or len(set(secret[-16:])) < FEWEST_DIFFERENT


PARSER = Parser(
    name="secrets",
    version="1",
    wants=lambda path: not path.endswith(_LEFT_OUT),
    parse=parse,
    # A module path is no secret: the same Go file of two services is searched once.
    is_module_blind=True,
)
