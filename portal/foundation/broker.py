"""The embedded message broker: a folder under the data folder, for one machine.

Kombu's own filesystem transport lets a consumer read a half-written file and forgets what a killed worker held
(celery/kombu#1551). Here a message is written aside, synced and renamed into the queue; a consumer claims it by
renaming it again, with its process id in the name; and the claim is removed only when the message is acknowledged.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

SCHEME = "goldpath-filesystem"


class QoS(virtual.QoS):
    """Forgets a claim when its message is acknowledged or refused."""

    channel: Channel

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge one message."""
        super().ack(delivery_tag)
        self.channel.forget(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Refuse one message, putting it back when `requeue`."""
        super().reject(delivery_tag, requeue=requeue)
        self.channel.forget(delivery_tag)


class Channel(virtual.Channel):
    """Queues as files named `<time in ns>_<uuid>.<queue>.msg`."""

    QoS = QoS
    supports_fanout = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        client: Any = self.connection.client
        root = Path(client.transport_options["folder"])
        self._ready, self._claimed = root / "ready", root / "claimed"
        for folder in (self._ready, self._claimed):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._claims: dict[str, Path] = {}
        self._take_back_orphans()

    def forget(self, delivery_tag: str) -> None:
        """Remove the claim of a message that is done with."""
        claim = self._claims.pop(delivery_tag, None)
        if claim is not None:
            claim.unlink(missing_ok=True)

    def _take_back_orphans(self) -> None:
        for claim in self._claimed.glob("*.msg"):
            pid, _, name = claim.name.partition("@")
            if name and not _alive(int(pid)):
                _rename(claim, self._ready / name)

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        name = f"{time.time_ns()}_{uuid.uuid4().hex}.{queue}.msg"
        draft = self._claimed / f"{name}.draft"
        with draft.open("w", encoding="utf-8") as file:
            file.write(dumps(message))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._ready / name)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        for name in self._names(queue):
            claim = self._claimed / f"{os.getpid()}@{name}"
            if _rename(self._ready / name, claim):
                message: dict[str, Any] = loads(claim.read_text(encoding="utf-8"))
                self._claims[message["properties"]["delivery_tag"]] = claim
                return message
        raise Empty

    def _restore(self, message: Any) -> None:
        super()._restore(message)
        self.forget(message.delivery_tag)

    def _size(self, queue: str) -> int:
        return len(self._names(queue))

    def _purge(self, queue: str) -> int:
        names = self._names(queue)
        for name in names:
            (self._ready / name).unlink(missing_ok=True)
        return len(names)

    def _names(self, queue: str) -> list[str]:
        ending = f".{queue}.msg"
        return sorted(path.name for path in self._ready.iterdir() if path.name.endswith(ending))


class Transport(virtual.Transport):
    """Kombu transport of the embedded broker; option `folder` says where it lives."""

    Channel = Channel
    default_port = 0
    driver_type = "filesystem"
    driver_name = SCHEME
    implements = virtual.Transport.implements.extend(asynchronous=False, exchange_type=frozenset(["direct"]))

    def driver_version(self) -> str:
        """Return the version that kombu reports for this driver."""
        return "1"


def register() -> None:
    """Make the scheme known to kombu."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


def _rename(source: Path, target: Path) -> bool:
    try:
        source.rename(target)
    except FileNotFoundError:
        return False
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
