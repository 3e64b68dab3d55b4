"""The Celery application: workers, queues and the beat schedule."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.signals import setup_logging, worker_ready
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

from django.conf import settings

from portal.foundation import broker, home


def _application() -> Celery:
    broker.register()
    application = Celery("goldpath")
    application.add_defaults(_configuration)
    application.autodiscover_tasks()
    application.steps["worker"].add(DjangoStructLogInitStep)
    return application


def _configuration() -> dict[str, Any]:
    """Return the configuration; called on first use, since settings import this module."""
    transport = _transport(str(settings.CELERY["broker_url"]))
    return {**settings.CELERY, **transport, "beat_schedule": _schedule()}


def _transport(url: str) -> dict[str, Any]:
    if not url.startswith(broker.SCHEME):
        return {"broker_transport_options": {"visibility_timeout": 3600}}
    options = {"folder": str(home.folder("broker")), "polling_interval": 0.1}
    return {"broker_transport_options": options, "worker_enable_remote_control": False}


def _schedule() -> dict[str, Any]:
    every = float(settings.GOLDPATH_REAP_SECONDS)
    return {
        "reap-runs": {"task": "scaffolder.tasks.reap_runs", "schedule": every, "options": {"expires": every * 2}},
        "reap-scans": {"task": "conformance.tasks.reap_scans", "schedule": every, "options": {"expires": every * 2}},
        "sweep-services": {
            "task": "conformance.tasks.sweep_services",
            "schedule": 600.0,
            "options": {"expires": 580},
        },
        "deliver-webhooks": _each("conformance.tasks.deliver_webhooks", 15.0),
        "expire-waivers": _each("conformance.tasks.expire_waivers", 60.0),
        "settle-policy": _each("conformance.tasks.settle_policy", 60.0),
        "forget-deliveries": _each("conformance.tasks.forget_deliveries", 3600.0),
        "sweep": {"task": "scaffolder.tasks.sweep", "schedule": 3600.0, "options": {"expires": 3500}},
    }


def _each(task: str, seconds: float) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds * 2}}


@setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """Celery would set up its own logging; Django's is set up already."""


@worker_ready.connect
def _begin(**_: Any) -> None:
    """Look for what was left undone and warm the caches; an embedded worker also carries the scheduler, in a thread."""
    if os.environ.get("GOLDPATH_EMBEDDED_BEAT") == "1":
        # Every entry may run once too often, so no file remembers when they last ran.
        beat: Any = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
        beat.start()
    for task in (
        "scaffolder.tasks.reap_runs",
        "scaffolder.tasks.sweep",
        "scaffolder.tasks.warm_caches",
        "conformance.tasks.sweep_services",
        "portal.web.tasks.make_demo",
    ):
        app.send_task(task)


app = _application()
