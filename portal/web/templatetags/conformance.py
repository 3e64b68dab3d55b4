"""Marks of levels, verdicts and drift classes: each has a shape of its own, so that nobody needs the colour."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from conformance.choices import COLOURS, DRIFTS, LEVELS, STANDINGS
from conformance.examining.terms import Level
from portal.web.charts.shares import Segment
from portal.web.views.conformance.addresses import listing

register = template.Library()
_LABELS = {"level": dict(LEVELS), "drift": dict(DRIFTS), "standing": dict(STANDINGS)}
_SEAL = (
    "M12.0 0.2L15.7 3.1L20.3 3.7L20.9 8.3L23.8 12.0L20.9 15.7L20.3 20.3L15.7 20.9"
    "L12.0 23.8L8.3 20.9L3.7 20.3L3.1 15.7L0.2 12.0L3.1 8.3L3.7 3.7L8.3 3.1z"
)
_SHAPES = {
    Level.GOLD: f'<path d="{_SEAL}" /><text x="12" y="16.200">G</text>',
    Level.SILVER: '<path d="m12 1 9.500 5.500v11L12 23l-9.500-5.500v-11z" /><text x="12" y="16.200">S</text>',
    Level.BRONZE: '<circle cx="12" cy="12" r="10.500" /><text x="12" y="16.200">B</text>',
    Level.NONE: '<circle cx="12" cy="12" r="9.500" /><path d="M8.500 12h7" />',
}
_MARKS = {
    level.value: mark_safe(  # noqa: S308 - constants of ours
        f'<svg class="medal" viewBox="0 0 24 24" aria-hidden="true">{shape}</svg>'
    )
    for level, shape in _SHAPES.items()
}
_ICONS = {"pass": "check", "fail": "cross", "error": "alert", "waived": "clock", "not-applicable": "minus"}


@register.simple_tag
def medal(level: str, extra: str = "") -> SafeString:
    """Return the mark of a level with its name."""
    label = _LABELS["level"].get(level, level)
    return format_html('<span class="level level-{} {}">{}<span>{}</span></span>', level, extra, _mark(level), label)


@register.simple_tag
def medal_alone(level: str) -> SafeString:
    """Return the mark of a level; its name is for screen readers only."""
    label = _LABELS["level"].get(level, level)
    return format_html(
        '<span class="level level-{}" title="{}">{}<span class="unseen">{}</span></span>',
        level,
        label,
        _mark(level),
        label,
    )


@register.simple_tag
def medal_mark(level: str) -> SafeString:
    """Return the mark of a level, for where its name stands beside it."""
    return _mark(level)


@register.simple_tag
def verdict(standing: str, extra: str = "") -> SafeString:
    """Return a verdict as an icon with its word."""
    return format_html(
        '<span class="verdict verdict-{} {}"><svg class="icon" aria-hidden="true"><use href="#i-{}"></use></svg>'
        "<span>{}</span></span>",
        COLOURS.get(standing, "secondary"),
        extra,
        _ICONS.get(standing, "info"),
        _LABELS["standing"].get(standing, standing),
    )


@register.simple_tag
def drift_pill(drift: str) -> SafeString:
    """Return a drift class as a pill with its word."""
    colour = COLOURS.get(drift, "secondary")
    return format_html('<span class="pill pill-{}">{}</span>', colour, _LABELS["drift"].get(drift, drift))


@register.filter
def level_label(level: str) -> str:
    """Return the word for a level."""
    return str(_LABELS["level"].get(level, level))


@register.filter
def drift_label(drift: str) -> str:
    """Return the word for a drift class."""
    return str(_LABELS["drift"].get(drift, drift))


def _mark(level: str) -> SafeString:
    return _MARKS.get(level, _MARKS[Level.NONE.value])


@register.simple_tag
def level_list(level: str, owner: str = "") -> str:
    """Return the address of the list of an owner's services, or all, at a level."""
    return listing(level=level, owner=owner, state="scanned" if level == Level.NONE else "")


@register.filter
def template_url(ref: str) -> str:
    """Return the address of a template's page in the library."""
    namespace, _, name = ref.partition(":")[2].partition("/")
    return reverse("web:templates-template", args=[namespace, name])


@register.simple_tag
def bar(segments: Sequence[Segment], label: str = "", look: str = "") -> SafeString:
    """Return the SVG of a bar: with a label its segments are links, without one they say nothing to screen readers."""
    shapes = format_html_join("", _LINKED if label else _PLAIN, ((_arguments(each)) for each in segments))
    role = format_html('role="group" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(_BAR, look, role, shapes)


@register.simple_tag
def swatch(key: str) -> SafeString:
    """Return a square in the colour of a part of a bar, for the legend beside it."""
    return format_html(_SWATCH, key)


def _arguments(segment: Segment) -> tuple[object, ...]:
    part = segment.part
    return part.href, part.label, part.count, segment.percent, part.key, segment.x, segment.width


_BAR = (
    '<svg class="bar {}" viewBox="0 0 1000 20" preserveAspectRatio="none" {}>'
    '<rect class="bar-bed" width="1000" height="20" />{}</svg>'
)
_SWATCH = (
    '<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">'
    '<rect class="fill-{}" width="12" height="12" rx="3" /></svg>'
)
_PLAIN = '<rect class="fill-{4}" x="{5}" width="{6}" height="20" />'
_LINKED = '<a href="{0}" aria-label="{1}: {2}"><title>{1}: {2} ({3}%)</title>' + _PLAIN + "</a>"
