"""Which capabilities there are for a template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scaffolder import library as libraries
from scaffolder.library import Library, LibraryError
from scaffolder.library.loading import BASE, PLATFORM, Template
from scaffolder.library.manifests import Architecture, LayerManifest
from scaffolder.models import TemplateVersion
from scaffolder.parameters import possible_properties
from scaffolder.parameters.fields import main_type, spoken


@dataclass(frozen=True, slots=True)
class Capability:
    """One capability: what its layer says about it, what people call it, and whether the template asks for it.

    One that is not asked for is internal: it comes along when another needs it, and no page offers it.
    """

    name: str
    title: str
    manifest: LayerManifest
    is_asked: bool = True

    @property
    def role(self) -> str:
        """Its role in the picture of a service."""
        return self.manifest.architecture.role if self.manifest.architecture else "other"


@dataclass(frozen=True)
class Catalogue:
    """The capabilities of a library as one template offers them, in composing order.

    `always` come with every service of the template; it takes at least one of `one_of`, if there are any. `parts` are
    what every such service has in the picture, whatever is chosen.
    """

    capabilities: tuple[Capability, ...] = ()
    always: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    parts: tuple[Architecture, ...] = field(default=())

    @cached_property
    def by_name(self) -> Mapping[str, Capability]:
        """The capabilities by their names."""
        return {each.name: each for each in self.capabilities}

    @property
    def asked(self) -> tuple[Capability, ...]:
        """Those that the template asks for."""
        return tuple(each for each in self.capabilities if each.is_asked)

    def titles(self, names: Iterable[str]) -> list[str]:
        """Return what people call these, in composing order."""
        wanted = set(names)
        return [each.title for each in self.capabilities if each.name in wanted]

    def ordered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return these in composing order, without what there is not."""
        wanted = set(names)
        return tuple(each.name for each in self.capabilities if each.name in wanted)

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """Return these with everything that they require, directly or not."""
        found: set[str] = set()
        waiting = [name for name in names if name in self.by_name]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [need for need in self.by_name[name].manifest.requires if need in self.by_name]
        return frozenset(found)

    def conflicts(self, names: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Yield each pair of these that do not go together, once, the one that stands later first."""
        ordered = self.ordered(names)
        for place, name in enumerate(ordered):
            against = self.by_name[name].manifest.conflicts
            for earlier in ordered[:place]:
                if earlier in against or name in self.by_name[earlier].manifest.conflicts:
                    yield name, earlier


def catalogue_of(template: TemplateVersion) -> Catalogue:
    """Return the capabilities that a version of a template offers; none when its library is gone."""
    try:
        library = libraries.load_kept(template.digest)
    except LibraryError:
        library = None
    known = library.templates.get(template.ref) if library else None
    return read(library, known, _asked(template.pages)) if library and known else Catalogue()


def read(library: Library, template: Template, asked: Mapping[str, Mapping[str, Any]]) -> Catalogue:
    """Return the capabilities of `library` for a template that asks for those in `asked`, each with its question."""
    own = template.layer.manifest
    always = [layer.manifest for layer in library.layers if layer.name in {PLATFORM, BASE}]
    return Catalogue(
        tuple(_capability(name, library.capability(name), asked.get(name)) for name in library.capabilities),
        always=own.requires,
        one_of=own.requires_any,
        parts=tuple(each.architecture for each in (*always, own) if each.architecture),
    )


def _capability(name: str, manifest: LayerManifest, question: Mapping[str, Any] | None) -> Capability:
    title = (question or {}).get("title") or manifest.title or spoken(name)
    return Capability(name, str(title), manifest, is_asked=question is not None)


def _asked(pages: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the yes-or-no questions of a form by their keys."""
    found = [item for page in pages for item in possible_properties(page).items()]
    return {key: schema for key, schema in found if isinstance(schema, dict) and main_type(schema) == "boolean"}
