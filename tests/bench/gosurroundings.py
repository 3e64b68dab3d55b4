"""What a rendered service talks to while it is measured, and what it must be told about that."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import gorender
from tests.engines import Postgres, redis, running

ENOUGH = "100000"  # calls a second, the most that can be set: the limiter counts every request and refuses none


@dataclass(frozen=True)
class Surroundings:
    """Where the peers of a service are."""

    database: str
    cache: str
    peers: Mapping[str, str]  # see Description in go/load/peers
    key: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode(), repr=False)


# What a capability needs to know, as environment variables of the service. It adds to the production overlay.
NEEDS: dict[str, Callable[[Surroundings], dict[str, str]]] = {
    "postgres": lambda around: {"APP_POSTGRES_DSN": around.database},
    "redis": lambda around: {"APP_REDIS_URL": around.cache},
    "jwt": lambda around: {
        "APP_AUTH_ISSUER": around.peers["issuer"],
        "APP_AUTH_JWKS_URL": around.peers["jwks_url"],
        "APP_AUTH_AUDIENCE": gorender.NAME,
    },
    "ratelimit": lambda _: {"APP_RATELIMIT_DEFAULT_REQUESTS": ENOUGH, "APP_RATELIMIT_DEFAULT_BURST": ENOUGH},
    "crypto": lambda around: {"APP_CRYPTO_KEYS": f"bench:{around.key}", "APP_CRYPTO_PRIMARY_KEY": "bench"},
}


def environment(capabilities: Iterable[str], around: Surroundings) -> dict[str, str]:
    """Return the variables that tell a service with these capabilities about its surroundings."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": around.peers["otlp_endpoint"]}
    for name in capabilities:
        if name in NEEDS:
            told |= NEEDS[name](around)
    return told


def headers(capabilities: Iterable[str], around: Surroundings) -> dict[str, str]:
    """Return the headers that every request to the service needs."""
    return {"Authorization": f"Bearer {around.peers['token']}"} if "jwt" in capabilities else {}


@contextlib.contextmanager
def surroundings(load: Path) -> Iterator[Surroundings]:
    """Run PostgreSQL, Redis, an issuer of tokens and a collector of traces for the length of the block."""
    # Durable as in production: what is written costs what it costs there.
    database = Postgres(fsync="on", synchronous_commit="on", full_page_writes="on")
    with running(database), redis() as cache:
        command = [str(load), "peers", "-audience", gorender.NAME, "-roles", "reader,editor"]
        peers = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert peers.stdin
        assert peers.stdout
        try:
            described = json.loads(peers.stdout.readline())
            yield Surroundings(f"{database.url}?sslmode=disable", cache, described)
        finally:
            peers.stdin.close()
            peers.wait(20)
