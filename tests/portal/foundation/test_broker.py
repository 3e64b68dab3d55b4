"""The embedded broker loses nothing and hands nothing out twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Consumer, Exchange, Queue

from portal.foundation import broker

QUEUE = Queue("default", Exchange("default"), routing_key="default")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    broker.register()
    return tmp_path / "broker"


def connect(folder: Path) -> Connection:
    return Connection(f"{broker.SCHEME}://", transport_options={"folder": str(folder), "polling_interval": 0.01})


def publish(folder: Path, count: int, start: int = 0) -> None:
    with connect(folder) as connection:
        producer = connection.Producer(serializer="json")
        for number in range(start, start + count):
            producer.publish({"n": number}, exchange=QUEUE.exchange, routing_key="default", declare=[QUEUE])


def consume(folder: Path, *, until_idle: float = 0.3, acknowledge: bool = True) -> list[int]:
    got: list[int] = []

    def receive(body: Any, message: Any) -> None:
        got.append(body["n"])
        if acknowledge:
            message.ack()

    with (
        connect(folder) as connection,
        Consumer(connection.default_channel, [QUEUE], callbacks=[receive], accept=["json"]),
    ):
        while True:
            try:
                connection.drain_events(timeout=until_idle)
            except TimeoutError:
                return got


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_it_delivers_in_order_and_leaves_nothing_behind(folder: Path) -> None:
    publish(folder, 20)
    assert consume(folder) == list(range(20))
    assert not list(files(folder))


def test_its_folders_are_closed_to_other_users(folder: Path) -> None:
    publish(folder, 1)
    assert {path.stat().st_mode & 0o777 for path in (folder / "ready", folder / "claimed")} == {0o700}


def test_what_was_not_acknowledged_comes_back_when_the_consumer_closes(folder: Path) -> None:
    publish(folder, 3)
    assert consume(folder, acknowledge=False) == [0, 1, 2]
    assert sorted(consume(folder)) == [0, 1, 2]


def _hold_and_hang(folder: Path) -> None:
    with connect(folder) as connection:
        channel = connection.default_channel
        QUEUE(channel).declare()
        for _ in range(3):
            QUEUE(channel).get()
        (folder / "holding").touch()
        time.sleep(60)


def test_a_killed_consumer_loses_nothing(folder: Path) -> None:
    publish(folder, 5)
    process = multiprocessing.get_context("spawn").Process(target=_hold_and_hang, args=(folder,))
    process.start()
    deadline = time.monotonic() + 30
    while not (folder / "holding").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert sorted(consume(folder)) == [0, 1, 2, 3, 4]


def _publish_many(folder: Path, start: int) -> None:
    broker.register()
    publish(folder, 100, start)


def _consume_to_file(folder: Path, target: Path) -> None:
    broker.register()
    target.write_text("\n".join(str(number) for number in consume(folder, until_idle=2)))


@pytest.mark.slow
def test_racing_producers_and_consumers_lose_and_double_nothing(folder: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    targets = [tmp_path / f"got-{number}" for number in range(3)]
    jobs = [context.Process(target=_publish_many, args=(folder, number * 100)) for number in range(3)]
    jobs += [context.Process(target=_consume_to_file, args=(folder, target)) for target in targets]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    got = [int(line) for target in targets for line in target.read_text().split()]
    assert sorted(got) == list(range(300))
