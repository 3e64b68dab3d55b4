"""Claims: which worker advances a run, and how it keeps and proves its right to."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from portal.foundation.leases import LeaseLostError
from portal.foundation.transitions import move
from scaffolder.choices import ACTIVE_RUN, RunStatus
from scaffolder.models import Run
from scaffolder.models.run import RunQuerySet

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one worker to advance one run; `holder` is new for every claim."""

    run_id: uuid.UUID
    holder: uuid.UUID

    def rows(self) -> RunQuerySet:
        """Return the run as long as this claim holds it, and nothing after that."""
        return Run.objects.filter(pk=self.run_id, lease_holder=self.holder)

    def hold(self) -> RunStatus:
        """Renew the lease and return the run's status; raise LeaseLostError when another worker has the run.

        Called first in every transaction of a worker: the update also locks the row, so that neither a successor nor a
        cancellation comes between it and the commit.
        """
        for status in (RunStatus.RUNNING, RunStatus.CANCELLING):
            if self.rows().filter(status=status).update(lease_expires_at=_expiry()):
                return status
        raise LeaseLostError(str(self.run_id))


def claim(run_id: uuid.UUID) -> Claim | None:
    """Take the run when it is active and nobody holds it, else return None. One UPDATE decides between two workers."""
    holder = uuid.uuid4()
    free = Run.objects.filter(Run.free(), pk=run_id)
    grant = Run.grant(holder, settings.GOLDPATH_LEASE_SECONDS)
    won = move(free, expect=[RunStatus.QUEUED], to=RunStatus.RUNNING, started_at=timezone.now(), **grant)
    if won or free.filter(status__in=ACTIVE_RUN).update(**grant):
        return Claim(run_id, holder)
    return None


class Heartbeat:
    """Renews the leases of all claims of this process, in one thread and one UPDATE.

    The thread starts with the first claim and ends with the last one, so a forked or idle process has none.
    """

    def __init__(self) -> None:
        self._holders: set[uuid.UUID] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, claimed: Claim) -> None:
        """Keep `claimed` alive until it is removed."""
        with self._lock:
            self._holders.add(claimed.holder)
            if self._thread is None or not self._thread.is_alive():
                self._wake = threading.Event()
                self._thread = threading.Thread(target=self._work, args=(self._wake,), name="heartbeat", daemon=True)
                self._thread.start()

    def remove(self, claimed: Claim) -> None:
        """Let `claimed` run out."""
        with self._lock:
            self._holders.discard(claimed.holder)

    def beat(self) -> int:
        """Renew all leases now and return how many are still held."""
        with self._lock:
            holders = list(self._holders)
        if not holders:
            return 0
        held = Run.objects.filter(lease_holder__in=holders, status__in=ACTIVE_RUN)
        return held.update(lease_expires_at=_expiry())

    def _work(self, wake: threading.Event) -> None:
        while not wake.wait(settings.GOLDPATH_LEASE_SECONDS / 4):
            try:
                self.beat()
            except DatabaseError as error:
                log.warning("heartbeat failed", error=str(error))
            finally:
                connection.close()
            if self._is_done():
                return

    def _is_done(self) -> bool:
        with self._lock:
            if not self._holders:
                self._thread = None
            return self._thread is None


heartbeat = Heartbeat()


def _expiry() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.GOLDPATH_LEASE_SECONDS)
