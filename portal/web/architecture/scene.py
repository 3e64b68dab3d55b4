"""What is in the picture of a service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffolder.capabilities import Catalogue, Choice
from scaffolder.capabilities.wording import listed

LONGEST_NAME = 40
_WATCHED = ("Logs", "Metrics", "Traces", "Probes")


@dataclass(frozen=True, slots=True)
class Part:
    """One box: what is there and what for. One that `is_missing` stands for what was not chosen."""

    key: str
    role: str
    label: str
    detail: str = ""
    is_missing: bool = False

    @property
    def words(self) -> str:
        """The part in a sentence."""
        return f"{self.label} ({self.detail})" if self.detail else self.label


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts by their place; what leads from one place to the next follows from it."""

    name: str
    apis: tuple[Part, ...]
    guards: tuple[Part, ...]
    helpers: tuple[Part, ...]
    stores: tuple[Part, ...]
    watched: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the picture shows."""
        return f"Architecture of {self.name}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """The picture in words, a sentence for each place, from the caller inwards."""
        return tuple(filter(None, (self._calls(), self._gate(), self._core(), self._data(), self._watch())))

    def _calls(self) -> str:
        if any(part.is_missing for part in self.apis):
            return "Nobody can call it yet: no API is chosen."
        return f"Callers come in by {_words(self.apis)}."

    def _gate(self) -> str:
        if not self.guards:
            return ""
        if any(part.is_missing for part in self.guards):
            return "No guard is chosen: every caller gets in."
        return f"Each call passes {_words(self.guards)}."

    def _core(self) -> str:
        helped = f", helped by {_words(self.helpers)}" if self.helpers else ""
        return f"The use cases of {self.name} hold its rules{helped}."

    def _data(self) -> str:
        missing = [part for part in self.stores if part.is_missing]
        kept = [part for part in self.stores if not part.is_missing]
        said = "Data is in memory and gone after a restart." if missing else ""
        beside = f"They use {_words(kept)}." if kept else ""
        return f"{said} {beside}".strip()

    def _watch(self) -> str:
        return f"Operators see {listed(word.lower() for word in self.watched)}."


def _words(parts: Iterable[Part]) -> str:
    return listed(part.words for part in parts)


def scene(catalogue: Catalogue, choice: Choice, name: str = "") -> Scene:
    """Return the picture of a service with this choice; pure. `name` is what it will be called, once that is known.

    What could be chosen and was not is in it where that matters: no API, no guard, no store.
    """
    always = _always(catalogue)
    parts = [*always, *_chosen(catalogue, choice)]
    offered = {each.role for each in catalogue.asked}
    shown = "".join(letter for letter in name if letter.isprintable()).strip()[:LONGEST_NAME]
    return Scene(
        name=shown or "your service",
        apis=_of(parts, "api") or (_missing_api(offered),),
        guards=_of(parts, "guard") or _missing_guard(offered),
        helpers=_of(parts, "other"),
        stores=(*(_of(parts, "store") or _missing_store(offered)), *_of(parts, "cache")),
        watched=(*(() if _of(always, "observe") else _WATCHED), *(part.label for part in _of(parts, "observe"))),
    )


def _always(catalogue: Catalogue) -> list[Part]:
    return [
        Part(f"always-{number}", each.role, each.label, each.detail) for number, each in enumerate(catalogue.parts, 1)
    ]


def _chosen(catalogue: Catalogue, choice: Choice) -> list[Part]:
    """Return the chosen parts; an internal capability without a place of its own is in none."""
    found = []
    for name in choice.chosen:
        capability = catalogue.by_name[name]
        look = capability.manifest.architecture
        if look is not None:
            found.append(Part(name, look.role, look.label, look.detail))
        elif capability.is_asked:
            found.append(Part(name, "other", capability.title))
    return found


def _of(parts: Iterable[Part], role: str) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.role == role)


def _missing_api(offered: set[str]) -> Part:
    if "api" in offered:
        return Part("no-api", "api", "No API yet", "choose one", is_missing=True)
    return Part("api", "api", "HTTP", "its API")


def _missing_guard(offered: set[str]) -> tuple[Part, ...]:
    guard = Part("no-guard", "guard", "No guards", "every caller gets in", is_missing=True)
    return (guard,) if "guard" in offered else ()


def _missing_store(offered: set[str]) -> tuple[Part, ...]:
    memory = Part("no-store", "store", "Memory", "gone after a restart", is_missing=True)
    return (memory,) if "store" in offered else ()
