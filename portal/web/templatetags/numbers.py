"""Numbers for people."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with its thousands apart: 9,550."""
    return f"{number:,}"


@register.filter
def signed(number: int) -> str:
    """Return a change with its sign: +12, −3, ±0."""  # noqa: RUF002 - the signs that print sets
    return f"{'+' if number > 0 else '±' if not number else '−'}{abs(number):,}"  # noqa: RUF001 - the sign that print sets
