"""References of container images: `registry/name:tag@digest`."""

from __future__ import annotations

from dataclasses import dataclass

_OFFICIAL = (
    "docker.io/library/", "index.docker.io/library/", "registry-1.docker.io/library/", "public.ecr.aws/docker/library/",
    "mirror.gcr.io/library/", "library/", "docker.io/", "index.docker.io/", "mirror.gcr.io/",
)  # fmt: skip
"""What may stand before the name of an official image of Docker Hub, its own mirrors included."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as a file names it."""

    name: str
    tag: str
    digest: str

    @property
    def short(self) -> str:
        """The name as Docker Hub shortens it: `golang` for `docker.io/library/golang`."""
        name = self.name.casefold()
        prefix = next((each for each in _OFFICIAL if name.startswith(each)), "")
        return name[len(prefix) :]

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def image(reference: str) -> Image:
    """Return the parts of a reference; a colon in the first part is a port of the registry."""
    rest, _, digest = reference.partition("@")
    folders, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    return Image(f"{folders}{slash}{name}", tag, digest)
