"""The demo: teams, people and systems to pick from, and services with a past."""

from __future__ import annotations

from portal.web.demo.people import load_people

__all__ = ["load_people"]
