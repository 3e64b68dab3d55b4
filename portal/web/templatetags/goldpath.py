"""Small pieces of HTML that every page uses."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scaffolder.choices import COLOURS, RunStatus, StepStatus

register = template.Library()
_SPANS = ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute"))


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Return the icon `name` of the sprite; it says nothing to screen readers."""
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="#i-{}"></use></svg>', extra, name)


@register.filter
def ago(moment: dt.datetime | None) -> SafeString | str:
    """Return how long ago `moment` was, with the exact time for those who point at it."""
    if moment is None:
        return "never"
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact(moment), _span(seconds))


def _span(seconds: int) -> str:
    for size, name in _SPANS:
        count = seconds // size
        if count:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def exact(moment: dt.datetime) -> str:
    """Return the moment to the second, in UTC."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@register.filter
def took(duration: dt.timedelta | None) -> str:
    """Return a duration in the two largest units: 0.8 s, 42 s, 3 min 5 s."""
    if duration is None:
        return ""
    seconds = duration.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def colour(status: str) -> str:
    """Return the colour of a run's or step's status."""
    return COLOURS.get(status, "secondary")


@register.filter
def status_label(status: str) -> str:
    """Return the word for a run's or step's status."""
    known: dict[str, str] = {**dict(StepStatus.choices), **dict(RunStatus.choices)}
    return known.get(status, status)


@register.filter
def ref_name(ref: str) -> str:
    """Return the last part of an entity reference: what people call it."""
    return ref.rpartition("/")[2] or ref


@register.filter
def ref_url(ref: str) -> str:
    """Return the address of the page of an entity reference, "" for what is none."""
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    try:
        return reverse("web:catalog-entity", args=[kind.lower(), namespace, name])
    except NoReverseMatch:
        return ""


@register.filter
def ref_link(ref: str) -> SafeString | str:
    """Return a link to an entity reference by its name, plain text when it has no page."""
    address = ref_url(ref)
    if not address:
        return ref
    return format_html('<a href="{}">{}</a>', address, ref_name(ref))


@register.filter
def short(commit: str) -> str:
    """Return the first ten characters of a commit's id."""
    return commit[:10]


@register.filter
def item(mapping: dict[str, Any], key: str) -> Any:
    """Return the value of `key`, "" when there is none."""
    return mapping.get(key, "")


@register.filter
def size(count: int) -> str:
    """Return a number of bytes for people."""
    return f"{count} B" if count < 1024 else f"{count / 1024:.1f} KB"
