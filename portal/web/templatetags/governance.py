"""Small pieces of HTML of the pages about policies, waivers and webhooks."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conformance.choices import DeliveryStatus, EventKind, WaiverStatus
from conformance.exports.rules import rule

register = template.Library()
_DAY = 86400
_WAIVER_LOOKS = {
    WaiverStatus.REQUESTED: "pill-warning",
    WaiverStatus.APPROVED: "pill-info",
    WaiverStatus.REJECTED: "pill-danger",
    WaiverStatus.REVOKED: "pill-danger",
}
_DELIVERY_LOOKS = {
    DeliveryStatus.PENDING: "pill-warning",
    DeliveryStatus.DELIVERED: "pill-success",
    DeliveryStatus.FAILED: "pill-danger",
}
_ICONS = {
    EventKind.WAIVER_REQUESTED: "plus",
    EventKind.WAIVER_APPROVED: "check",
    EventKind.WAIVER_REJECTED: "cross",
    EventKind.WAIVER_WITHDRAWN: "back",
    EventKind.WAIVER_REVOKED: "stop",
}
_KINDS: dict[str, str] = dict(EventKind.choices)


@register.filter
def until(moment: dt.datetime) -> SafeString:
    """Return how long it is until `moment`, or that it is past, with the exact time for those who point at it."""
    seconds = (moment - timezone.now()).total_seconds()
    exact = moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, _distance(seconds))


def _distance(seconds: float) -> str:
    if seconds <= 0:
        return "now"
    for size, name in ((_DAY, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count:
            return f"in {count} {name}{'s' if count > 1 else ''}"
    return "in a moment"


@register.simple_tag
def waiver_pill(status: str) -> SafeString:
    """Return where a waiver stands, as a pill."""
    look = _WAIVER_LOOKS.get(WaiverStatus(status), "")
    return format_html('<span class="pill {}">{}</span>', look, WaiverStatus(status).label)


@register.simple_tag
def delivery_pill(status: str) -> SafeString:
    """Return where a delivery stands, as a pill."""
    look = _DELIVERY_LOOKS[DeliveryStatus(status)]
    return format_html('<span class="pill {}">{}</span>', look, DeliveryStatus(status).label)


@register.filter
def check_title(check_id: str) -> str:
    """Return the title of a check, even of one that is gone."""
    return rule(check_id).title


@register.filter
def kind_label(kind: str) -> str:
    """Return the word for a kind of event."""
    return _KINDS.get(kind, kind)


@register.filter
def event_icon(kind: str) -> str:
    """Return the icon of an event."""
    return _ICONS.get(EventKind(kind), "clock") if kind in _KINDS else "clock"
