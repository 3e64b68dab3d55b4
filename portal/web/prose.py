"""Markdown of strangers as HTML that is safe to show."""

from __future__ import annotations

import posixpath
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_TEXT = 200_000
_TAGS = {
    "a", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "del",
    "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@lru_cache(maxsize=64)
def markdown(text: str, *, base: str = "") -> SafeString:
    """Return the HTML of a Markdown text: no raw HTML, no images, no scripts, headings one level down.

    Relative links go to `base`, the address under which the repository's files are shown; without it they are no links.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(text[:MAX_TEXT])
    _adapt(tokens, base)
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - sanitised one line above


def _adapt(tokens: Sequence[Token], base: str) -> None:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
        if token.type == "link_open":
            _rewrite(token.attrs, base)
        _adapt(token.children or [], base)


def _rewrite(attributes: MutableMapping[str, Any], base: str) -> None:
    target = str(attributes.get("href", ""))
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return
    path = posixpath.normpath(parts.path.lstrip("/")) if parts.path else ""
    if not base or not path or path.startswith(".."):
        attributes.pop("href", None)
    else:
        attributes["href"] = base + quote(path, safe="/%")


def safe_link(url: str) -> str:
    """Return `url` when it may be a link on a page, else ""; other schemes than http(s) and mailto may run code."""
    try:
        scheme = urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return ""
    return url.strip() if scheme in {"http", "https", "mailto"} else ""
