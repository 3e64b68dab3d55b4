"""`manage.py up`: prepare an installation, then run it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.foundation import home
from portal.foundation.models import SignInLink, User

LINK_MINUTES = 24 * 60


class Command(BaseCommand):
    """Migrate, load the demo people, register the templates, then start web, worker and scheduler."""

    help = "Set up this installation and run it: web, worker and scheduler."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--prepare-only`, which stops before anything is started."""
        parser.add_argument("--prepare-only", action="store_true", help="set up, but start nothing")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")

    def handle(self, *_: Any, **options: Any) -> None:
        """Prepare, then become the supervisor."""
        host = options["host"]
        if not options["prepare_only"]:
            self._require_a_safe_host(host)
            self._require_free_port(host)
        self._prepare()
        if options["prepare_only"]:
            return
        plan = home.folder("run") / "plan.json"
        plan.touch(mode=0o600)
        plan.write_text(json.dumps(self._plan(host)), encoding="utf-8")
        sys.stdout.flush()
        supervisor = str(settings.BASE_DIR / "portal" / "supervisor.py")
        os.execv(sys.executable, [sys.executable, "-P", supervisor, str(plan)])  # noqa: S606 - no shell wanted

    def _require_a_safe_host(self, host: str) -> None:
        if settings.GOLDPATH_DEMO_SIGN_IN and host not in {"127.0.0.1", "localhost", "::1"}:
            raise CommandError(
                f"On {host} anybody could sign in as a demo person. Set GOLDPATH_DEMO_SIGN_IN=0, "
                "and GOLDPATH_ANONYMOUS_GIT_READ=0 unless everyone may read the repositories."
            )

    def _require_free_port(self, host: str) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, settings.GOLDPATH_PORT))
            except OSError as error:
                raise CommandError(
                    f"Port {settings.GOLDPATH_PORT} cannot be used ({error.strerror}). "
                    "Stop what listens there, or choose another: GOLDPATH_PORT=8001 make run"
                ) from None

    def _prepare(self) -> None:
        from scaffolder.services import register_templates

        self._say("Preparing the database")
        call_command("migrate", interactive=False, verbosity=0)
        self._say("Collecting static files")
        collect_static()
        if settings.GOLDPATH_DEMO_PEOPLE:
            self._say("Creating the demo teams, people and systems")
            call_command("demodata", verbosity=0)
        for version in register_templates():
            self._say(f"Template {version.title} {version.version}")

    def _plan(self, host: str) -> dict[str, Any]:
        metrics = home.folder("run", "metrics")
        shutil.rmtree(metrics)
        metrics.mkdir(mode=0o700)
        environment = {"PROMETHEUS_MULTIPROC_DIR": str(metrics), "GOLDPATH_EMBEDDED_BEAT": "1", "PYTHONUNBUFFERED": "1"}
        processes = [("web", web_command(host)), ("worker", worker_command())]
        return {
            "processes": [{"name": n, "command": c, "environment": environment} for n, c in processes],
            "ready_url": f"http://{host}:{settings.GOLDPATH_PORT}/readyz",
            "welcome": self._welcome(),
        }

    def _welcome(self) -> str:
        name = {"first_name": "Platform", "last_name": "Admin"}
        admin, _ = User.objects.get_or_create(username="admin", defaults={"is_superuser": True, **name})
        secret = SignInLink.objects.issue(admin, minutes=LINK_MINUTES)
        return (
            f"Goldpath is ready:  {settings.GOLDPATH_BASE_URL}/\n"
            f"Sign in, once:      {settings.GOLDPATH_BASE_URL}/sign-in/link/{secret}"
        )

    def _say(self, line: str) -> None:
        self.stdout.write(f"goldpath | {line}")
        self.stdout.flush()


def web_command(host: str) -> list[str]:
    """Return the command of the web process: one process, enough threads for pages and held long polls."""
    bind = f"{host}:{settings.GOLDPATH_PORT}"
    return [
        *(sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--bind", bind),
        *("--worker-class", "gthread", "--workers", "1", "--threads", "24"),
        *("--timeout", "120", "--graceful-timeout", "10", "--worker-tmp-dir", str(home.folder("run"))),
        *("--log-level", "warning", "--no-control-socket"),
    ]


def worker_command() -> list[str]:
    """Return the command of the worker, which carries the scheduler in a thread."""
    return [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "portal", "worker"),
        *("--pool", "threads", "--concurrency", "4", "--queues", "default,scaffold,catalog,conformance"),
        *("--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def collect_static() -> None:
    """Collect and compress the static files, when they changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".digest"
    digest = _digest_of_static()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == digest:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(digest, encoding="ascii")


def _digest_of_static() -> str:
    digest = hashlib.sha256()
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
