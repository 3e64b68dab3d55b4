"""Processes of a rendered service live through what happens to them: rollouts, and restarts of what they depend on."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scaffolder.library import Library
from tests.engines import Postgres, Redis, running
from tests.templates.conftest import render_set
from tests.templates.processes import TASKS, Answer, Replica, Service, ask, connect, eventually, issuer
from tests.templates.traffic import Traffic, differences

pytestmark = pytest.mark.go
WATCH = Path(__file__).parent / "outages" / "main.go"
AGAIN = "A task that is read again"
# What answers within its time on a machine that has much else to do, and clients without a quota.
CALM = {
    "APP_LIFECYCLE_PROBE_TIMEOUT": "10s",
    "APP_REDIS_CACHE_LOAD_TIMEOUT": "10s",
    "APP_RATELIMIT_DEFAULT_REQUESTS": "100000",
    "APP_RATELIMIT_DEFAULT_BURST": "100000",
    "APP_REDIS_CACHE_LOCAL_ENTRIES": "0",  # or Redis would hardly be asked
    "APP_GRPC_HEALTH_INTERVAL": "100ms",
}


@dataclass
class Surroundings:
    """What a service needs, all of which belongs to one test."""

    programs: Path
    folder: Path
    postgres: Postgres
    redis: Redis
    issuer: str
    token: str
    stack: ExitStack

    def replica(self, name: str, **more: str) -> Replica:
        """Start a replica that ends with the test."""
        own = {
            "APP_POSTGRES_DSN": f"{self.postgres.url}?sslmode=disable",
            "APP_REDIS_URL": self.redis.url,
            "APP_AUTH_ISSUER": self.issuer,
            "APP_AUTH_JWKS_URL": f"{self.issuer}/.well-known/jwks.json",
        }
        made = Replica(self.programs / "server", self.folder / name, {**CALM, **own, **more})
        made.run("migrate")
        self.stack.callback(lambda: made.end(signal.SIGKILL))
        made.start()
        return made

    def health(self, replica: Replica) -> Callable[[], list[str]]:
        """Watch what a replica says of its health by gRPC; return what tells all that it has said."""
        said = self.folder / "health"
        with said.open("wb") as out:
            process = subprocess.Popen([self.programs / "watch", replica.addresses["grpc"]], stdout=out)
        self.stack.callback(process.wait, 20)
        self.stack.callback(process.terminate)
        return lambda: said.read_text(encoding="utf-8").split()

    def ask(self, replica: Replica, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request to the API of a replica."""
        with closing(connect(replica.addresses["api"])) as connection:
            return ask(connection, method, path, body, {"Authorization": f"Bearer {self.token}", **headers})


@pytest.fixture(scope="module")
def programs(go: str, go_library: Library, stable: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service with everything, its issuer, and a client that watches its health, built."""
    folder = tmp_path_factory.mktemp("programs")
    tree = render_set("all", go_library, stable)
    overlay = folder / "overlay.json"  # the render is shared, and stays as it is
    place = tree.folder / "test" / "watch" / "main.go"
    overlay.write_text(json.dumps({"Replace": {str(place): str(WATCH)}}), encoding="utf-8")
    tree.run(
        "go", "build", "-overlay", str(overlay), "-o", f"{folder}/", "./cmd/server", "./tools/devissuer", "./test/watch"
    )
    return folder


@pytest.fixture
def around(programs: Path, tmp_path: Path) -> Iterator[Surroundings]:
    # An answered write must outlive a crash of the server, as it does with its defaults.
    postgres, redis = Postgres(synchronous_commit="on"), Redis()
    with running(postgres), running(redis), issuer(programs / "devissuer") as (address, token), ExitStack() as stack:
        yield Surroundings(programs, tmp_path, postgres, redis, address, token, stack)


def test_a_rollout_under_load_fails_no_request(around: Surroundings) -> None:
    replicas = [around.replica(name, APP_LIFECYCLE_DRAIN_DELAY="2s") for name in ("one", "two")]
    with Service(replicas) as service, Traffic(service.connection, around.token) as traffic:
        traffic.flows()
        for replica in replicas:
            assert replica.end() == 0
            replica.start()
            eventually(partial(traffic.reaches, replica.addresses["api"]), "a new replica gets work")
    assert traffic.bad() == []
    assert len(traffic.where) == 4, "every process had work"
    assert differences(traffic, around.postgres.url) == []


@pytest.mark.parametrize(("drain", "how"), [("0s", signal.SIGTERM), ("2s", signal.SIGKILL)])
def test_without_a_drain_requests_fail(around: Surroundings, drain: str, how: signal.Signals) -> None:
    """The proof that the clients notice, when readiness is looked at less often than replicas go."""
    replicas = [around.replica(name, APP_LIFECYCLE_DRAIN_DELAY=drain) for name in ("one", "two")]
    with Service(replicas, every=600) as service, Traffic(service.connection, around.token) as traffic:
        traffic.flows()
        assert not traffic.bad()
        replicas[0].end(how)
        eventually(traffic.bad, "a request fails")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_database_restarts_below_a_service(around: Surroundings, how: signal.Signals) -> None:
    """SIGINT is what PostgreSQL calls a fast shutdown; SIGQUIT an immediate one, a crash."""
    replica = around.replica("one")
    health = around.health(replica)
    with Traffic(lambda: connect(replica.addresses["api"]), around.token) as traffic:
        traffic.flows()
        around.postgres.stop(how)
        eventually(lambda: replica.says(503, postgres="failed"), "the service is not ready without its database")
        eventually(lambda: health() == ["SERVING", "NOT_SERVING"], "it says so by gRPC")
        eventually(lambda: sum(answer.unavailable for answer in traffic.bad()) > 1000, "requests are told so")
        assert replica.probe("/livez").status == 200
        around.postgres.start()
        eventually(lambda: replica.says(200, postgres="ok", schema="ok"), "the service is ready by itself")
        ready = time.monotonic()
        traffic.flows()
    assert [answer for answer in traffic.bad() if not answer.unavailable] == []
    assert traffic.bad(since=ready) == []
    assert differences(traffic, around.postgres.url) == []
    eventually(lambda: len(health()) == 3, "it says by gRPC that it serves again")
    assert replica.end() == 0
    eventually(lambda: health() == ["SERVING", "NOT_SERVING"] * 2, "it says by gRPC that it ends")


def test_redis_goes_and_comes_back(around: Surroundings) -> None:
    replica = around.replica("one")
    with Traffic(lambda: connect(replica.addresses["api"]), around.token) as traffic:
        eventually(lambda: uses_cache(around, replica), "a second read comes from Redis")
        eventually(lambda: shares_limits(traffic, replica), "requests are counted in Redis")
        around.redis.stop(signal.SIGKILL)
        eventually(lambda: replica.says(200, redis="degraded"), "the service goes on without Redis")
        errors = replica.counted("cache_lookups_total", level="redis", result="error")
        assert not shares_limits(traffic, replica)
        assert not uses_cache(around, replica)
        assert replica.counted("cache_lookups_total", level="redis", result="error") > errors
        around.redis.start()
        eventually(lambda: replica.says(200, redis="ok"), "Redis is used again")
        eventually(lambda: uses_cache(around, replica), "a second read comes from Redis again")
        eventually(lambda: shares_limits(traffic, replica), "requests are counted in Redis again")
    assert traffic.bad() == []
    assert differences(traffic, around.postgres.url) == [AGAIN]
    assert replica.end() == 0


def uses_cache(around: Surroundings, replica: Replica) -> bool:
    """Make a task and read it twice, which must work anyhow, and tell whether it was found in Redis."""
    hits = replica.counted("cache_lookups_total", level="redis", result="hit")
    made = around.ask(replica, "POST", TASKS, {"title": AGAIN})
    for _ in range(2):
        assert around.ask(replica, "GET", f"{TASKS}/{made.body['id']}").body["title"] == AGAIN
    return replica.counted("cache_lookups_total", level="redis", result="hit") > hits


def shares_limits(traffic: Traffic, replica: Replica) -> bool:
    """Let requests flow, and tell whether none of them was counted by the replica alone."""
    alone = replica.counted("ratelimit_fallbacks_total")
    traffic.flows()
    return replica.counted("ratelimit_fallbacks_total") == alone
