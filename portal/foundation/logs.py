"""Structured logs: one line an event, redacted, with the request or task id bound to it."""

from __future__ import annotations

import logging.config
from collections.abc import MutableMapping
from typing import Any

import structlog

from portal.foundation.redaction import redact


def _redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(options: dict[str, Any]) -> None:
    """Set up logging; `options` has `level` and `format` (`text` or `json`). Django calls it at start."""
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False)
    if options["format"] == "json":
        renderer = structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_library(options["level"], shared, renderer))


def _standard_library(level: str, shared: list[Any], renderer: Any) -> dict[str, Any]:
    last = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redacted,
        renderer,
    ]
    formatter = {"()": structlog.stdlib.ProcessorFormatter, "foreign_pre_chain": shared, "processors": last}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in ("celery", "django_structlog")}
        | {"django.request": {"level": "ERROR"}},
    }
