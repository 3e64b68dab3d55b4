"""Roof and ground of the house: pages, settings, and the foundation that every app stands on."""

from __future__ import annotations

from portal.celery import app as celery_app

__all__ = ["celery_app"]
