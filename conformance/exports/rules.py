"""What a check's id stands for, even when the check is gone from the portal and only its verdicts are left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt

from conformance import checks


@dataclass(frozen=True, slots=True)
class Rule:
    """The words of a check: title, area, why it matters and how to repair it (Markdown), and where it comes from."""

    id: str
    title: str
    area: str
    rationale: str
    fix: str
    source: str = ""

    @property
    def help(self) -> str:
        """Why the check is there and how to repair what it finds, in Markdown."""
        source = f"\n\nSource: <{self.source}>" if self.source.startswith("https://") else ""
        return f"{self.rationale}\n\n**How to fix it**\n\n{self.fix}{source}"


def rule(check_id: str) -> Rule:
    """Return the rule of a check id."""
    check = checks.registry().get(check_id)
    if check is None:
        gone = "This check is no longer part of the portal."
        return Rule(check_id, check_id.replace("-", " ").capitalize(), "Other", gone, "Nothing needs to be repaired.")
    return Rule(check.id, check.title, check.area, check.rationale, check.fix, check.source)


@lru_cache(maxsize=256)
def plain(markdown: str) -> str:
    """Return the words of a Markdown text, a paragraph a line, for readers that show no Markdown."""
    texts = []
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type in {"fence", "code_block"}:
            texts.append(token.content.rstrip("\n"))
        elif token.type == "inline":
            texts.append("".join(_words(child.type, child.content) for child in token.children or []))
    return "\n".join(texts)


def _words(kind: str, content: str) -> str:
    return " " if kind in {"softbreak", "hardbreak"} else content
