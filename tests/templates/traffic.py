"""Clients that write and read without a pause, and the ledger of what they were answered."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection

import psycopg2

from tests.templates.processes import TASKS, Answer, ask, eventually


@dataclass(frozen=True)
class Manner:
    """How a client uses its connections."""

    requests: float  # over one connection, unless the service ends it before
    pause: float  # after each request, in seconds


# Busy ones find new replicas by themselves. Calm ones stay until they are told to leave, and are idle if they are cut.
BUSY, CALM = Manner(20, 0.005), Manner(math.inf, 0.1)


@dataclass
class Written:
    """A task that was asked for, and what was answered about it."""

    title: str
    created: bool = False
    changed: bool = False


@dataclass
class Traffic:
    """Clients, each of which makes, reads, changes and lists tasks over connections that it keeps."""

    connection: Callable[[], HTTPConnection | None]
    token: str
    clients: Sequence[Manner] = (BUSY, BUSY, BUSY, BUSY, CALM, CALM)
    answers: list[Answer] = field(default_factory=list)
    tasks: list[Written] = field(default_factory=list)
    where: Counter[str] = field(default_factory=Counter)  # good answers by address
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Traffic:
        self._threads = [threading.Thread(target=self._client, args=each) for each in enumerate(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def bad(self, since: float = 0) -> list[Answer]:
        """Return the answers to requests sent since then that are not what was asked for."""
        return [answer for answer in list(self.answers) if not answer.good and answer.begun >= since]

    def reaches(self, address: str) -> bool:
        """Tell whether some requests have had good answers from there."""
        return self.where[address] > 50

    def flows(self, rounds: int = 50) -> None:
        """Wait until requests sent from now on have had good answers, each kind of them so many."""
        now, first = time.monotonic(), len(self.answers)

        def enough() -> bool:
            kinds = Counter(answer.method for answer in self.answers[first:] if answer.good and answer.begun >= now)
            return all(kinds[method] >= rounds for method in ("POST", "GET", "PATCH"))

        eventually(enough, "requests of every kind are answered well")

    def _client(self, number: int, manner: Manner) -> None:
        client, count = _Client(self, manner), 0
        while not self._over.is_set():
            count += 1
            client.round(Written(f"task {number}-{count}"))
        client.leave()


class _Client:
    """One of the clients, with the connection that it has now."""

    def __init__(self, traffic: Traffic, manner: Manner) -> None:
        self._traffic, self._manner = traffic, manner
        self._connection: HTTPConnection | None = None
        self._left: float = 0

    def leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def round(self, task: Written) -> None:
        self._traffic.tasks.append(task)
        made = self._send("POST", TASKS, {"title": task.title}, task.title)
        task.created = made.good
        if task.created:
            self._read_and_change(task, f"{TASKS}/{made.body['id']}")
        self._send("GET", f"{TASKS}?limit=5")

    def _read_and_change(self, task: Written, path: str) -> None:
        self._send("GET", path, title=task.title)
        task.changed = self._send("PATCH", path, {"status": "done"}, task.title).good

    def _send(self, method: str, path: str, body: object = None, title: str = "") -> Answer:
        """Send a request; an answer about another task is as bad as none."""
        connection = self._connected()
        if connection is None:
            answer = Answer(method, begun=time.monotonic(), error="no replica is ready")
        else:
            answer = ask(connection, method, path, body, self._headers(method))
        if answer.good and title and answer.body["title"] != title:
            answer = Answer(method, begun=answer.begun, error=f"asked for {title}, got {answer.body}")
        self._note(answer)
        time.sleep(self._manner.pause)
        return answer

    def _headers(self, method: str) -> dict[str, str]:
        match = {"If-Match": '"1"'} if method == "PATCH" else {}
        return {"Authorization": f"Bearer {self._traffic.token}", **match}

    def _connected(self) -> HTTPConnection | None:
        if self._left == 0:
            self.leave()
        if self._connection is None:
            self._connection, self._left = self._traffic.connection(), self._manner.requests
        self._left -= 1
        return self._connection

    def _note(self, answer: Answer) -> None:
        self._traffic.answers.append(answer)
        if answer.good and self._connection is not None:
            self._traffic.where[f"{self._connection.host}:{self._connection.port}"] += 1
        if answer.leaves:  # said by the service, or because nothing came
            self._left = 0


def differences(traffic: Traffic, database: str) -> list[str]:
    """Say what the database has otherwise than was answered: nothing lost, nothing doubled, nothing from elsewhere."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT title, array_agg(version) FROM tasks GROUP BY title")
        stored: dict[str, list[int]] = dict(cursor.fetchall())
    found = [(task, stored.pop(task.title, [])) for task in traffic.tasks]
    return [f"{task} has versions {versions}" for task, versions in found if versions not in _allowed(task)] + [*stored]


def _allowed(task: Written) -> list[list[int]]:
    """Return the versions that rows of a task may have; a write without a good answer may have happened, once."""
    if not task.created:
        return [[], [1]]
    return [[2]] if task.changed else [[1], [2]]
